# aim: the numbers that the next run draws
# kind: tamper
# source: own
import random
if params['turn'] == 1:
    random.seed(1)
    return None
first = random.random()
random.seed(1)
return 'BROKEN' if first == random.random() else None
