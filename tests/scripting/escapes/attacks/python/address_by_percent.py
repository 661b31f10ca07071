# aim: an address by %
# kind: leak
# source: own
return 'BROKEN' if ' at 0x' in '%s %r' % (log, lambda: 1) else None
