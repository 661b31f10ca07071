# aim: the environment of the worker
# kind: leak
# source: own
import os
return 'BROKEN' + str(dict(os.environ))
