# aim: the stack, by nested values
# kind: exhaust
# source: own
# ends: threw
x = []
for n in range(100000):
    x = [x]
return str(x)
