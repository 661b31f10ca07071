# aim: the arithmetic of the next run
# kind: tamper
# source: own
import decimal
if params['turn'] == 1:
    decimal.getcontext().prec = 2
    return None
return 'BROKEN' if str(decimal.Decimal(1) / 3) == '0.33' else None
