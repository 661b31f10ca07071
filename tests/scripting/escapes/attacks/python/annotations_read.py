# aim: the annotations of a class
# kind: leak
# source: own
class A:
    x: int = 1
return 'BROKEN' if A.__annotations__ else None
