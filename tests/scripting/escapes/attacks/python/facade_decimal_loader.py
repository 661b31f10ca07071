# aim: the loader of a module
# kind: escape
# source: own
import decimal
return 'BROKEN' if decimal.__loader__ else None
