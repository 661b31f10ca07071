# aim: the machine's clock
# kind: leak
# source: own
import time
return 'BROKEN' if time.time_ns() else None
