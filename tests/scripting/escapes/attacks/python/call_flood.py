# aim: the host, by calls
# kind: exhaust
# source: own
# ends: calls
# limits: calls=200 cpu_ms=10000
while True:
    sys.jobs.getCurrentJobId()
