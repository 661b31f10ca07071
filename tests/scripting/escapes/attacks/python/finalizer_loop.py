# aim: time, in the finally of a dropped generator
# kind: exhaust
# source: own
# ends: cpu
def f():
    try:
        yield 1
    finally:
        while True:
            pass
next(f())
