# aim: whether a file can be read
# kind: leak
# source: own
import os
return 'BROKEN' if os.access('@SECRET_FILE@', os.R_OK) else None
