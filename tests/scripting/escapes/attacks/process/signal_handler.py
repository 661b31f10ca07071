# aim: the end of the process, caught
# kind: escape
# source: own
import signal
signal.signal(signal.SIGPROF, signal.SIG_IGN)
return 'BROKEN'
