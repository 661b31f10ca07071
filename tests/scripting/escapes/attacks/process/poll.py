# aim: waiting for more than the socket
# kind: escape
# source: own
import select
return 'BROKEN' if select.poll() and select.select([], [], [], 0) is not None else None
