# aim: whether an object has an inner attribute
# kind: leak
# source: own
return 'BROKEN' if hasattr(log, '__self__') or hasattr(log, '__globals__') else None
