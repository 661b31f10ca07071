# aim: a signal to every process of the group
# kind: escape
# source: own
import os
os.killpg(os.getpgrp(), 0)
return 'BROKEN'
