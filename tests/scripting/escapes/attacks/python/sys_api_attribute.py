# aim: the real sys behind the API's
# kind: escape
# source: own
from sys import modules
return 'BROKEN' if modules else None
