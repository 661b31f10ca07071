# aim: the raw snapshot of a record
# kind: leak
# source: own
return 'BROKEN' if record._raw else None
