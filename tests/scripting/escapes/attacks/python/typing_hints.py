# aim: text of annotations, evaluated
# kind: escape
# source: pyjail (typing.get_type_hints)
import typing
class A:
    x: "'BROKEN' and int"
return 'BROKEN' if typing.get_type_hints(A) else None
