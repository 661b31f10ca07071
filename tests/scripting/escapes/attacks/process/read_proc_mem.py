# aim: the memory of the zygote
# kind: escape
# source: own
import os
return 'BROKEN' if os.open(f'/proc/{os.getppid()}/maps', os.O_RDONLY) >= 0 else None
