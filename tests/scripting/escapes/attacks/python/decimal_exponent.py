# aim: memory, by an exponent
# kind: exhaust
# source: own
# ends: memory|threw|cpu
# limits: cpu_ms=10000
import decimal
return int(decimal.Decimal('1e999999999'))
