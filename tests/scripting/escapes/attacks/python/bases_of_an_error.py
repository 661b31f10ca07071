# aim: object through the bases of an error's class
# kind: escape
# source: pyjail classic
try:
    1 / 0
except Exception as e:
    return 'BROKEN' if e.__class__.__bases__ else None
