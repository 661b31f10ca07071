"""Names that scripts may bind, and names that only the policy itself may use.

Every name of the policy begins with an underscore, and no script can write such a name: so no
script can read, shadow or rebind a guard.
"""

from __future__ import annotations

APPLY = "_apply_"
AUGMENT_ATTRIBUTE = "_augment_attribute_"
AUGMENT_ITEM = "_augment_item_"
BODY = "_body_"
EXCEPTION = "_exception_"
FATAL = "_fatal_"
FORMAT = "_format_"
GET_ATTRIBUTE = "_getattr_"
GET_ITEM = "_getitem_"
GET_ITERATOR = "_getiter_"
IMPORT = "_import_"
IMPORT_FROM = "_import_from_"
IN_PLACE = "_inplacevar_"
METACLASS = "__metaclass__"
MODULO = "_modulo_"
SUPER_METHOD = "_super_method_"
WRITE_ATTRIBUTE = "_write_attribute_"
WRITE_ITEM = "_write_"

# Methods that a class may define. Absent on purpose: __new__, __del__, __getattr__, __getattribute__,
# __setattr__, __class__, __exit__ and __enter__ (they would see exceptions that scripts may not swallow),
# __init_subclass__, __set_name__, __reduce__, __format__, __missing__, __slots__.
METHODS = frozenset({
    "__init__", "__str__", "__repr__", "__bool__", "__hash__", "__call__",
    "__len__", "__contains__", "__iter__", "__next__", "__reversed__",
    "__getitem__", "__setitem__", "__delitem__",
    "__eq__", "__ne__", "__lt__", "__le__", "__gt__", "__ge__",
    "__neg__", "__pos__", "__abs__", "__int__", "__float__", "__index__", "__round__",
    "__add__", "__radd__", "__iadd__", "__sub__", "__rsub__", "__isub__",
    "__mul__", "__rmul__", "__imul__", "__truediv__", "__rtruediv__", "__itruediv__",
    "__floordiv__", "__rfloordiv__", "__ifloordiv__", "__mod__", "__rmod__", "__imod__",
    "__pow__", "__rpow__", "__and__", "__rand__", "__or__", "__ror__", "__xor__", "__rxor__",
})  # fmt: skip


def is_private(name: str) -> bool:
    """True for every name that a script may not write; a lone `_` is an ordinary name."""
    return name.startswith("_") and name != "_"
