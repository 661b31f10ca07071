# aim: object through the order of base classes
# kind: escape
# source: pyjail classic
return 'BROKEN' if ''.__class__.__mro__[-1].__subclasses__() else None
