# aim: a file of the machine
# kind: escape
# source: own
open('@MARK@', 'w').write('x')
