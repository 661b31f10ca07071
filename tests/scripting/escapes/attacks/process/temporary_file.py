# aim: a file for the time being
# kind: escape
# source: own
import tempfile
tempfile.NamedTemporaryFile(dir='/tmp').write(b'x')
return 'BROKEN'
