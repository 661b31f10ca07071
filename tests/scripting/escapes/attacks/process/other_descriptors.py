# aim: descriptors of the worker
# kind: leak
# source: own
import os
return 'BROKEN' if os.fstat(0) else None
