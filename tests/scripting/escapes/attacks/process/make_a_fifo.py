# aim: a pipe with a name
# kind: escape
# source: own
import os
os.mkfifo('@MARK@')
