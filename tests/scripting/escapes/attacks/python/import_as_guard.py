# aim: a module under the name of a guard
# kind: escape
# source: own
import json as _getattr_
return 'BROKEN'
