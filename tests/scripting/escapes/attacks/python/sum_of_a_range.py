# aim: time in one long C call
# kind: exhaust
# source: own
# ends: cpu
return sum(range(10 ** 12))
