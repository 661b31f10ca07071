# aim: where the interpreter lies
# kind: leak
# source: own
import os
return 'BROKEN' if os.readlink('/proc/self/exe') else None
