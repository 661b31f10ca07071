# aim: the host, by a core dump
# kind: exhaust
# source: own
# ends: crash|threw
import os
os.abort()
