"""`statistics`: its functions of data."""

from __future__ import annotations

import statistics as real

from scripting.facades.namespace import Context, Namespace

_NAMES = (
    "correlation covariance fmean geometric_mean harmonic_mean mean median median_grouped median_high median_low mode "
    "multimode pstdev pvariance quantiles stdev variance StatisticsError"
)
_MODULE = Namespace("statistics", {name: getattr(real, name) for name in _NAMES.split()})


def module(context: Context) -> Namespace:
    """The module `statistics`."""
    return _MODULE
