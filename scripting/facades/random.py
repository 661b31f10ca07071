"""`random`, seeded by the run: the same job draws the same numbers each time it runs."""

from __future__ import annotations

import random as real

from scripting.facades.namespace import Context, Namespace

_NAMES = (
    "betavariate choice choices expovariate gammavariate gauss getrandbits lognormvariate normalvariate paretovariate "
    "randbytes randint random randrange sample shuffle triangular uniform vonmisesvariate weibullvariate"
)


def module(context: Context) -> Namespace:
    """The module `random` of one run."""
    generator = real.Random(context.seed)  # noqa: S311 - meant to be repeatable

    def seed(value: object) -> None:
        if type(value) not in (int, float, str, bytes):
            raise TypeError("random.seed needs a number or text: without one the numbers could not be repeated")
        generator.seed(value)  # type: ignore[arg-type]

    return Namespace("random", {name: getattr(generator, name) for name in _NAMES.split()} | {"seed": seed})
