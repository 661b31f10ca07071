# aim: every loaded module
# kind: escape
# source: pyjail classic
import sys as real
return 'BROKEN' if real.modules else None
