# aim: the worker's secrets in the child's environment
# kind: leak
# source: own
import os
return str(dict(os.environ))
