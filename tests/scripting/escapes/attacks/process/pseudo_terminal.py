# aim: a terminal
# kind: escape
# source: own
import os
return 'BROKEN' if os.openpty() else None
