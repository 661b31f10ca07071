# aim: the frames of the host
# kind: leak
# source: pyjail classic
import inspect
return 'BROKEN' if inspect.currentframe().f_back else None
