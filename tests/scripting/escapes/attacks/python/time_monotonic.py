# aim: the machine's monotonic clock
# kind: leak
# source: own
import time
return 'BROKEN' if time.perf_counter() else None
