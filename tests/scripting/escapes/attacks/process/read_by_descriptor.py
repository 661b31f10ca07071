# aim: a file of the worker, by os.open
# kind: escape
# source: own
import os
return os.read(os.open('@SECRET_FILE@', os.O_RDONLY), 100).decode()
