# aim: the host's stack, by a nested result
# kind: exhaust
# source: own
# ends: threw
x = []
for n in range(5000):
    x = [x]
return x
