# aim: the state of the generator
# kind: leak
# source: own
import random
return 'BROKEN' if random.getstate() else None
