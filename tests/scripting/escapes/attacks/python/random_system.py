# aim: the machine's chance
# kind: leak
# source: own
import random
return 'BROKEN' if random.SystemRandom else None
