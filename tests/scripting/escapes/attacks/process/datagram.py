# aim: the network by UDP
# kind: escape
# source: own
import socket
return 'BROKEN' if socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b'x', ('127.0.0.1', int('@PORT@'))) else None
