# aim: every descriptor
# kind: exhaust
# source: own
# ends: crash|threw
import os
held = []
while True:
    held.append(os.dup(0))
