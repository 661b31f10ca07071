# aim: exec and input as decorators
# kind: escape
# source: pyjail (@exec @input class X)
@dir
@(lambda cls: cls)
class A: pass
return 'BROKEN' if '__class__' in A else None
