# aim: the stack, by recursion
# kind: exhaust
# source: own
# ends: threw
def f():
    return f()
return f()
