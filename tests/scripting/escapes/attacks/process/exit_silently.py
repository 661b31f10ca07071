# aim: the host, by an end without a word
# kind: exhaust
# source: own
# ends: crash|threw
import os
os._exit(0)
