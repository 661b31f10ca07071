# aim: another process
# kind: escape
# source: own
import os
pid = os.fork()
if pid == 0:
    os._exit(0)
return 'BROKEN'
