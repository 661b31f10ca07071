"""`math`: its functions of numbers."""

from __future__ import annotations

import math as real

from scripting.facades.namespace import Context, Namespace

_NAMES = (
    "acos acosh asin asinh atan atan2 atanh cbrt ceil comb copysign cos cosh degrees dist e erf erfc exp exp2 expm1 "
    "fabs factorial floor fmod frexp fsum gamma gcd hypot inf isclose isfinite isinf isnan isqrt lcm ldexp lgamma log "
    "log10 log1p log2 modf nan nextafter perm pi pow prod radians remainder sin sinh sqrt tan tanh tau trunc ulp"
)
_MODULE = Namespace("math", {name: getattr(real, name) for name in _NAMES.split()})


def module(context: Context) -> Namespace:
    """The module `math`."""
    return _MODULE
