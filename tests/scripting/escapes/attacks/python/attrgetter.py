# aim: attributes by operator.attrgetter
# kind: escape
# source: pyjail (operator)
import operator
return 'BROKEN' if operator.attrgetter('__class__')('') else None
