# aim: a special method, removed by text
# kind: tamper
# source: own
class A:
    def __init__(self): self.x = 1
delattr(A, '__init__')
return 'BROKEN'
