# aim: everything of a module, unlisted names included
# kind: escape
# source: own
from json import codecs
return 'BROKEN' if codecs.open else None
