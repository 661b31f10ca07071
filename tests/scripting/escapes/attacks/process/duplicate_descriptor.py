# aim: another name for a descriptor
# kind: escape
# source: own
import os
return 'BROKEN' if os.dup(1) >= 0 else None
