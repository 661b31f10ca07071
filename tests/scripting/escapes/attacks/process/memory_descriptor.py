# aim: a file without a name, to run it
# kind: escape
# source: own (fileless execution)
import os
return 'BROKEN' if os.memfd_create('x') >= 0 else None
