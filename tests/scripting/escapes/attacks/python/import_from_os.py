# aim: a name of the module os
# kind: escape
# source: pyjail classic
from os import path as p
return 'BROKEN' if p else None
