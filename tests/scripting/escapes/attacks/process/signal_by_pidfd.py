# aim: a signal by a descriptor of a process
# kind: escape
# source: own
import os, signal
signal.pidfd_send_signal(os.pidfd_open(os.getpid()), 0)
return 'BROKEN'
