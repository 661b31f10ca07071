# aim: time, by a factorial
# kind: exhaust
# source: own
# ends: cpu
import math
return math.factorial(10 ** 7) > 1
