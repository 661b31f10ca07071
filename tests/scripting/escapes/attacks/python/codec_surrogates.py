# aim: half characters that no border takes
# kind: leak
# source: own
return 'BROKEN' if b'\xff'.decode('utf-8', 'surrogateescape') else None
