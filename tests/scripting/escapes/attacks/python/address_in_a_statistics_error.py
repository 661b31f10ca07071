# aim: an address in the message of a wrong method
# kind: leak
# source: own
import statistics
try:
    statistics.quantiles([1, 2], method=lambda: 1)
except ValueError as e:
    return 'BROKEN' if '0x' in str(e) else None
