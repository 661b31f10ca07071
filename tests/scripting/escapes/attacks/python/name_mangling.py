# aim: a private name, mangled by the compiler
# kind: escape
# source: own
class A:
    def f(self):
        self.__x = 'BROKEN'
        return self._A__x
return A().f()
