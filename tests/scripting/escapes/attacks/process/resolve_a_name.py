# aim: the machine's files of names, and the network
# kind: leak
# source: own
import socket
return 'BROKEN' if socket.gethostbyname('localhost') else None
