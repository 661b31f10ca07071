# aim: methods by operator.methodcaller
# kind: escape
# source: pyjail (operator)
import operator
return 'BROKEN' if operator.methodcaller('__class__')('') == '' else None
