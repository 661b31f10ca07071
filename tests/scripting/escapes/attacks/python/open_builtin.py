# aim: a file, by open
# kind: escape
# source: pyjail classic
try:
    return open('@SECRET_FILE@').read()
except PermissionError:
    return 'BROKEN'
