# aim: another user
# kind: escape
# source: own
import os
os.setuid(os.getuid())
return 'BROKEN'
