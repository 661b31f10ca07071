"""`decimal`, with the default context."""

from __future__ import annotations

import decimal as real
from collections.abc import Mapping

from scripting.facades.namespace import Context, Namespace

ATTRIBUTES: Mapping[type, frozenset[str]] = {
    real.Decimal: frozenset({
        "adjusted", "as_integer_ratio", "as_tuple", "compare", "copy_abs", "copy_negate", "copy_sign", "exp",
        "is_finite", "is_infinite", "is_nan", "is_signed", "is_zero", "ln", "log10", "max", "min", "normalize",
        "quantize", "remainder_near", "scaleb", "sqrt", "to_integral_exact", "to_integral_value",
    }),
    real.DecimalTuple: frozenset({"sign", "digits", "exponent"}),
}  # fmt: skip

_ROUNDING = "ROUND_CEILING ROUND_DOWN ROUND_FLOOR ROUND_HALF_DOWN ROUND_HALF_EVEN ROUND_HALF_UP ROUND_UP ROUND_05UP"
_ERRORS = "DecimalException DivisionByZero InvalidOperation Overflow"
_MODULE = Namespace("decimal", {name: getattr(real, name) for name in f"Decimal {_ROUNDING} {_ERRORS}".split()})


def module(context: Context) -> Namespace:
    """The module `decimal`."""
    return _MODULE
