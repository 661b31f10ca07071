# aim: code compiled from names of fields
# kind: escape
# source: pyjail (dataclasses.make_dataclass)
import dataclasses
return 'BROKEN' if dataclasses.make_dataclass('A', ['x']) else None
