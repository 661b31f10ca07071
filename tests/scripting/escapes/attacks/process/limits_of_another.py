# aim: the limits of another process
# kind: escape
# source: own
import resource, os
resource.prlimit(os.getpid(), resource.RLIMIT_CPU)
return 'BROKEN'
