# aim: an error handler that imports a module
# kind: escape
# source: own
return 'BROKEN' if '\u00e9'.encode('ascii', 'namereplace') else None
