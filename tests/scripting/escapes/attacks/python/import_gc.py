# aim: every object of the process
# kind: leak
# source: pyjail classic
import gc
return 'BROKEN' if gc.get_objects() else None
