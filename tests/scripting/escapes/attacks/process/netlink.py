# aim: the network's interfaces
# kind: leak
# source: own
import socket
return 'BROKEN' if socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 0) else None
