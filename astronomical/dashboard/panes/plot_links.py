"""Plots of a page that share their ranges where their axes have the same name."""

from __future__ import annotations

from typing import Protocol
from weakref import WeakSet

import numpy as np

from astronomical.plots.limits import Limits

__all__ = ["RangeLinks"]


class LinkedPlot(Protocol):
    """A plot that may share its ranges."""

    @property
    def shared_ranges(self) -> dict[str, Limits]:
        """Names of the axes, with x first, and what they show; empty if the plot shares nothing."""

    def take_ranges(self, ranges: dict[str, Limits]) -> None:
        """Show these ranges on the axes that have these names."""


class RangeLinks:
    """Passes the ranges of one plot on to the others."""

    def __init__(self) -> None:
        self._plots: WeakSet[LinkedPlot] = WeakSet()

    def join(self, plot: LinkedPlot) -> None:
        """Let a plot take part, until it is gone."""
        self._plots.add(plot)

    def leave(self, plot: LinkedPlot) -> None:
        """Take a plot out."""
        self._plots.discard(plot)

    def moved(self, plot: LinkedPlot) -> None:
        """Show the ranges of a plot that was panned or zoomed in the others."""
        mine = plot.shared_ranges
        for other in list(self._plots):
            theirs = other.shared_ranges if other is not plot else {}
            news = {name: limits for name, limits in mine.items() if name in theirs
                    and not np.allclose(limits, theirs[name], rtol=1e-6, atol=0)}
            if news:
                other.take_ranges(news)
