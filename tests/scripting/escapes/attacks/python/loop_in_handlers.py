# aim: time, by a loop that swallows what it can
# kind: exhaust
# source: own
# ends: cpu
while True:
    try:
        1 / 0
    except:
        continue
