# aim: the memory map of the process
# kind: leak
# source: own
return 'BROKEN' if open('/proc/self/maps').read() else None
