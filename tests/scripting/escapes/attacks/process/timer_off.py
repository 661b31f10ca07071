# aim: the limit of CPU time, lifted
# kind: escape
# source: own
import signal
signal.setitimer(signal.ITIMER_PROF, 0)
return 'BROKEN'
