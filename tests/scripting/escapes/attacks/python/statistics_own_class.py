# aim: inner numbers handed to a class of the script
# kind: leak
# source: own
import statistics
class N:
    def __init__(self, value=None): self.value = value
    def as_integer_ratio(self): return (1, 2)
return 'BROKEN' if statistics.mean([N(), N()]).value._numerator else None
