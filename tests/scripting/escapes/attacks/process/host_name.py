# aim: the machine's name
# kind: leak
# source: own
import os
return 'BROKEN' if os.uname() else None
