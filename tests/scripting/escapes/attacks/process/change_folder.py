# aim: another current folder
# kind: escape
# source: own
import os
os.chdir('/')
return 'BROKEN'
