# aim: chance that no replay repeats
# kind: leak
# source: own
import os
return 'BROKEN' if os.urandom(4) else None
