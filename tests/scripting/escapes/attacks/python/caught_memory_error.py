# aim: memory, again and again
# kind: exhaust
# source: own
# ends: memory
# limits: cpu_ms=10000
while True:
    try:
        x = ['x'] * 10 ** 9
    except:
        pass
