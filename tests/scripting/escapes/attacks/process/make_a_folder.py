# aim: a folder
# kind: escape
# source: own
import os
os.mkdir('@MARK@.d')
os.rmdir('@MARK@.d')
return 'BROKEN'
