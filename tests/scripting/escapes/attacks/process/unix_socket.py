# aim: a service by a socket of the file system
# kind: escape
# source: own
import socket
return 'BROKEN' if socket.socket(socket.AF_UNIX) else None
