# aim: the address of an object in its hash
# kind: leak
# source: own
return 'BROKEN' if hash(log) else None
