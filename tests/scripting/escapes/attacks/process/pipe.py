# aim: more descriptors
# kind: escape
# source: own
import os
return 'BROKEN' if os.pipe() else None
