# aim: more of the processor
# kind: escape
# source: own
import os
return 'BROKEN' if os.nice(0) is not None else None
