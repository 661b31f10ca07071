# aim: more sockets
# kind: escape
# source: own
import socket
return 'BROKEN' if socket.socketpair() else None
