# aim: a program in place of the interpreter
# kind: escape
# source: own
import os
os.execv('/bin/sh', ['sh', '-c', 'echo x > @MARK@'])
