# aim: a file of the worker
# kind: escape
# source: own
return open('@SECRET_FILE@').read()
