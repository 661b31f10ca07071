# aim: the names of files
# kind: leak
# source: own
import os
return 'BROKEN' if os.listdir('/') else None
