# aim: format, looked up by text
# kind: escape
# source: own
return 'BROKEN' + getattr('{0.__class__}', 'format')(1)
