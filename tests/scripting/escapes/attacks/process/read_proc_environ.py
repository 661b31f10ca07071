# aim: the environment of the parent
# kind: leak
# source: own
import os
return 'BROKEN' if open(f'/proc/{os.getppid()}/environ', 'rb').read() is not None else None
