# aim: another processor
# kind: escape
# source: own
import os
os.sched_setaffinity(0, os.sched_getaffinity(0))
return 'BROKEN'
