# aim: a traceback of the script's choice
# kind: escape
# source: pyjail classic
try:
    1 / 0
except Exception as e:
    return 'BROKEN' if e.with_traceback(None) else None
