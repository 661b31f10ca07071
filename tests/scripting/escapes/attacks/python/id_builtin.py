# aim: the address of an object
# kind: leak
# source: own
return 'BROKEN' if id('') else None
