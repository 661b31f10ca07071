# aim: more than the limits
# kind: escape
# source: own
import resource
resource.setrlimit(resource.RLIMIT_NOFILE, resource.getrlimit(resource.RLIMIT_NOFILE))
return 'BROKEN'
