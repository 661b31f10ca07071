# aim: another name for a file
# kind: escape
# source: own
import os
os.symlink('@SECRET_FILE@', '@MARK@')
