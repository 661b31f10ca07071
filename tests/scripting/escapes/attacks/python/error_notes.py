# aim: notes on an error, read by whoever prints it
# kind: tamper
# source: own
try:
    1 / 0
except Exception as e:
    e.add_note('BROKEN')
    return e.__notes__[0]
