# aim: where a module lies on the machine
# kind: leak
# source: own
import math, json
return 'BROKEN' + json.__file__
