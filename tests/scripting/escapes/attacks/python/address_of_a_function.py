# aim: an address in the text of a function
# kind: leak
# source: own
return 'BROKEN' if ' at 0x' in str(log) + repr(lambda: 1) else None
