# aim: code run by unpickling
# kind: escape
# source: pyjail classic
import pickle
return 'BROKEN' if pickle.loads(b'cos\ngetcwd\n.') else None
