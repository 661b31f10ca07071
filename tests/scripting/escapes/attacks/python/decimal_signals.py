# aim: classes in the arguments of a signal
# kind: leak
# source: own
import decimal
try:
    decimal.Decimal('x')
except decimal.InvalidOperation as e:
    return 'BROKEN' if e.args[0][0].__mro__ else None
