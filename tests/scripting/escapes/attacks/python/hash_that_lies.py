# aim: the lists of the policy, asked with a class that lies about itself
# kind: tamper
# source: own
class A:
    def __hash__(self): return 0
    def __eq__(self, other): return True
a = A()
return 'BROKEN' if getattr(a, '__dict__', None) is not None else None
