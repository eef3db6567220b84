"""Figures of Matplotlib, which only saved pictures need (extra ``figures``)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from astronomical.errors import InvalidInputError

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["MissingMatplotlibError", "new_figure"]


class MissingMatplotlibError(InvalidInputError):
    """Matplotlib is not installed; the message says how to install it."""


def new_figure(width: float, height: float) -> Figure:
    """Return an empty figure that no window shows.

    Parameters
    ----------
    width, height
        Size in inches.

    Raises
    ------
    MissingMatplotlibError
        If Matplotlib is not installed.
    """
    try:
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure
    except ImportError:
        raise MissingMatplotlibError(
            "Pictures of plots need Matplotlib, which is not installed. "
            'Install it with: pip install "astronomical-lab[figures]". Then start astronomical again.'
        ) from None
    figure = Figure(figsize=(width, height), layout="constrained")
    FigureCanvasAgg(figure)
    return figure
