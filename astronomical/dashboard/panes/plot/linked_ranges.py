"""Link the ranges of plots of a page whose axes have the same names."""

from __future__ import annotations

from typing import Protocol
from weakref import WeakSet

import numpy as np

from astronomical.plots.axis_limits import Limits

__all__ = ["RangeLinks"]


class LinkedPlot(Protocol):
    """A plot that can share its ranges."""

    @property
    def shared_ranges(self) -> dict[str, Limits]:
        """Names of the axes, x first, and their limits; empty if the plot shares nothing."""

    def take_ranges(self, ranges: dict[str, Limits]) -> None:
        """Apply these ranges to the axes with these names."""


class RangeLinks:
    """Apply the ranges of one plot to the others."""

    def __init__(self) -> None:
        self._plots: WeakSet[LinkedPlot] = WeakSet()

    def join(self, plot: LinkedPlot) -> None:
        """Add a plot. It is removed automatically when it is deleted."""
        self._plots.add(plot)

    def leave(self, plot: LinkedPlot) -> None:
        """Remove a plot."""
        self._plots.discard(plot)

    def moved(self, plot: LinkedPlot) -> None:
        """Apply the ranges of a plot that was panned or zoomed to the others."""
        mine = plot.shared_ranges
        for other in list(self._plots):
            theirs = other.shared_ranges if other is not plot else {}
            news = {
                name: limits
                for name, limits in mine.items()
                if name in theirs and not np.allclose(limits, theirs[name], rtol=1e-6, atol=0)
            }
            if news:
                other.take_ranges(news)
