# aim: __import__ by name
# kind: escape
# source: pyjail classic
return 'BROKEN' if __import__('os') else None
