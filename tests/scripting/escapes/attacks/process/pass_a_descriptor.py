# aim: a descriptor through the socket
# kind: escape
# source: own
import os, socket
ours, theirs = socket.socketpair()
return 'BROKEN' if socket.send_fds(ours, [b'x'], [theirs.fileno()]) else None
