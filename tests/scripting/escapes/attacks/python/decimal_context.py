# aim: the arithmetic of the whole process
# kind: tamper
# source: own
import decimal
decimal.getcontext().prec = 3
return 'BROKEN'
