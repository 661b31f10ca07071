# aim: time in one long C call
# kind: exhaust
# source: pyjail (9**9**9)
# ends: cpu|memory
# limits: cpu_ms=150
return 9 ** 9 ** 9
