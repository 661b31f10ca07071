# aim: code at the death of an object
# kind: tamper
# source: own
class A:
    def __del__(self): log('BROKEN')
A()
return 1
