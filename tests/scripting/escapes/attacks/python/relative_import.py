# aim: a package of the host by a relative path
# kind: escape
# source: own
# control: none: a relative import needs a package around it
from . import os
return 'BROKEN'
