# aim: the debugger
# kind: escape
# source: pyjail (breakpoint())
return 'BROKEN' if breakpoint else None
