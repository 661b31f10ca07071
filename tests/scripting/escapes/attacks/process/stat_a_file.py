# aim: whether a file is there
# kind: leak
# source: own
import os
return 'BROKEN' if os.stat('@SECRET_FILE@') else None
