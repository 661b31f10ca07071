# aim: a door into the process
# kind: escape
# source: own
import socket
return 'BROKEN' if socket.create_server(('127.0.0.1', 0)) else None
