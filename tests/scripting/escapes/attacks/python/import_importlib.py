# aim: the import machinery
# kind: escape
# source: pyjail classic
import importlib
return 'BROKEN' if importlib.import_module('os') else None
