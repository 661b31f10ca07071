# aim: a class that every run shares
# kind: tamper
# source: own
import decimal
if params['turn'] == 1:
    decimal.DecimalException.mark = 'BROKEN'
    return None
return decimal.InvalidOperation().mark
