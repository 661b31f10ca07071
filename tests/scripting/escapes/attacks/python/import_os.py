# aim: the module os
# kind: escape
# source: pyjail classic
import os
return 'BROKEN' if os.environ is not None else None
