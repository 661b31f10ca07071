# aim: globals and locals
# kind: escape
# source: pyjail classic
return 'BROKEN' if globals() or locals() else None
