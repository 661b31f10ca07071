# aim: site's helpers, whose class reaches sys
# kind: escape
# source: pyjail (help, license, exit)
return 'BROKEN' if help.__class__ else None
