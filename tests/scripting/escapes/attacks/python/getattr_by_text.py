# aim: a forbidden name passed as text
# kind: escape
# source: pyjail classic
return 'BROKEN' if getattr('', '__class__') else None
