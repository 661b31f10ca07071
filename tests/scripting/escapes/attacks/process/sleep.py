# aim: a slot, by sleeping
# kind: exhaust
# source: own
# ends: crash|threw|returned
import time
delay = 10 ** 6
time.sleep(delay)
