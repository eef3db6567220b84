"""Point clouds: axis limits, counts per pixel, and look-up of points on the screen."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from astronomical.errors import InvalidInputError
from astronomical.plots.aggregates import CloudAggregates, points_frame
from astronomical.plots.axis_limits import Frame, Limits, clipped_limits
from astronomical.plots.colours import rgb
from astronomical.plots.picking import row_nearest, rows_in_box, rows_in_lasso
from astronomical.plots.quantities import ColourScale, percentile_limits
from astronomical.plots.tiles import TileIndex, shared
from astronomical.tasks.arrays import frozen

if TYPE_CHECKING:
    import xarray as xr
    from datashader.reductions import Reduction

__all__ = ["ColourScale", "PointCloud", "with_fitting_scale"]

#: Size in pixels of the image to whose values a scale is fitted.
_SCALE_SIZE = (600, 400)


@dataclass(frozen=True, eq=False)
class PointCloud:
    """Points ready to be drawn; row i stays row i of the arrays given, drawn or not.

    Clouds of the same arrays share their index, and what was counted last.

    Parameters
    ----------
    x, y
        Coordinates, shape (n,), kept as float32. NaN and infinite ones are not drawn.
    codes
        Class of each point, shape (n,): an index into `colours`, or -1 for a point that is not drawn.
    colours
        Colour of each class, ``#rrggbb``.
    names
        Name of each class, for a legend.
    hidden
        Classes that are not drawn now.
    values, scale
        A quantity, shape (n,), by which the points of class 0 are coloured, and its colours.
    selected
        Rows of the highlighted points, while the others are faded; None for no highlighting.
    shading
        Transfer function, a name from `shading.SHADINGS`: ``mix`` mixes the colours of the classes, ``eq_hist``
        equalises the histogram of the counts.

    Raises
    ------
    ValueError
        If the lengths differ or a colour cannot be read.
    """

    x: NDArray[np.floating]
    y: NDArray[np.floating]
    codes: NDArray[np.integer]
    colours: Sequence[str]
    names: Sequence[str] = ()
    hidden: frozenset[int] = frozenset()
    values: NDArray[np.floating] | None = None
    scale: ColourScale | None = None
    selected: NDArray[np.integer] | None = None
    shading: str = "mix"

    def __post_init__(self) -> None:
        kinds = {"x": np.float32, "y": np.float32, "codes": np.int16, "values": np.float32}
        for name, kind in kinds.items():
            if getattr(self, name) is not None:
                object.__setattr__(self, name, frozen(getattr(self, name), kind))
        object.__setattr__(self, "colours", tuple(self.colours))
        object.__setattr__(self, "names", tuple(self.names))
        lengths = [len(part) for part in (self.x, self.y, self.codes, self.values) if part is not None]
        if len(set(lengths)) > 1:
            raise ValueError(
                f"x, y and codes have {len(self.x)}, {len(self.y)} and {len(self.codes)} rows"
                + ("" if self.values is None else f", values {len(self.values)}")
            )
        if (self.values is None) != (self.scale is None):
            raise ValueError("values and scale go together: give both, or none")
        for colour in self.colours:
            rgb(colour)
        index = shared(TileIndex, self.x, self.y)
        object.__setattr__(self, "_index", index)
        object.__setattr__(self, "_aggregates", shared(CloudAggregates, index, self.codes, len(self.colours)))

    def __len__(self) -> int:
        return len(self.x)

    @property
    def index(self) -> TileIndex:
        """The index of the coordinates."""
        found: TileIndex = self._index  # type: ignore[attr-defined]
        return found

    def limits(self, sigma: float = 4.0) -> tuple[Limits, Limits]:
        """Return limits of x and y that exclude outliers beyond `sigma` standard deviations."""
        return self.index.limits if sigma == 4.0 else (clipped_limits(self.x, sigma), clipped_limits(self.y, sigma))

    def counts(self, frame: Frame) -> NDArray[np.uint32]:
        """Return the number of points of each class in each pixel, shape (n_classes, height, width), lowest y first.

        Hidden classes are counted too.
        """
        return self.aggregates.counts(frame)

    def class_counts(self) -> list[int]:
        """Return the number of points of each class with both coordinates, including hidden classes."""
        return [int(n) for n in self.aggregates.per_class()]

    def statistic(self, frame: Frame) -> NDArray[np.float64]:
        """Return the statistic of the quantity in each pixel, NaN without points of class 0, lowest y first."""
        assert self.values is not None
        assert self.scale is not None
        return self.aggregates.statistic(frame, self.values, self.scale.statistic)

    def aggregate(self, frame: Frame, reduction: str | Reduction = "by") -> xr.DataArray:
        """Return an aggregate of the points per pixel, as Datashader has it, for a transfer function or a notebook.

        Parameters
        ----------
        frame
            The part of the plane.
        reduction
            The name of a reduction of Datashader: ``by``, the number of points of each class, ``count``, or one of the
            quantity: ``any``, ``sum``, ``mean``, ``min``, ``max``, ``std``, ``var``, ``first``, ``last``. Or a
            reduction object over the columns of `dataframe`, such as ``ds.by("class", ds.mean("value"))``.

        Raises
        ------
        ValueError
            If there is no such reduction, or there are no values.
        """
        from astronomical.plots.datashader_kernels import aggregate, labelled  # the import takes time

        if reduction == "by":
            return labelled(self.counts(frame), frame, self._class_names)
        if isinstance(reduction, str) and reduction != "count" and self.values is None:
            raise InvalidInputError(f"The reduction {reduction!r} needs values, and these points have none.")
        return aggregate(self.dataframe, frame, reduction)

    @property
    def dataframe(self) -> pd.DataFrame:
        """The points that have a class: columns ``x``, ``y``, ``class`` and, with a quantity, ``value``."""
        drawn = (self.codes >= 0) & (self.codes < len(self.colours))
        rows = slice(None) if drawn.all() else drawn
        classes = pd.Categorical.from_codes(self.codes[rows], categories=pd.Index(self._class_names))
        values = None if self.values is None else self.values[rows]
        return points_frame(self.x[rows], self.y[rows], classes, values)

    @property
    def _class_names(self) -> list[str]:
        named = len(self.names) == len(self.colours) == len(set(self.names))
        return list(self.names) if named else [str(code) for code in range(len(self.colours))]

    @property
    def aggregates(self) -> CloudAggregates:
        """The aggregates of the points, shared with other clouds of the same points."""
        found: CloudAggregates = self._aggregates  # type: ignore[attr-defined]
        return found

    def standing_out(self) -> PointCloud | None:
        """Return the selected points as a separate cloud."""
        if self.selected is None:
            return None
        found = self.__dict__.get("_standing_out")
        if found is None:
            rows = self.selected
            found = replace(
                self,
                x=self.x[rows],
                y=self.y[rows],
                codes=self.codes[rows],
                values=None if self.values is None else self.values[rows],
                selected=None,
            )
            object.__setattr__(self, "_standing_out", found)
        return found

    def nearest(self, x: float, y: float, x_scale: float, y_scale: float, within_px: float = math.inf) -> int | None:
        """Return the row of the drawn point nearest on the screen, the first of several, or None.

        Parameters
        ----------
        x, y
            Position of the click, in units of the data.
        x_scale, y_scale
            Pixels per unit along each axis.
        within_px
            Maximum distance in pixels.
        """
        return row_nearest(self.index, self._drawn, (x, y), (x_scale, y_scale), within_px)

    def in_box(self, x_range: Limits, y_range: Limits) -> NDArray[np.intp]:
        """Return the rows of the drawn points in a box, edges included, ascending."""
        return rows_in_box(self.index, self._drawn, x_range, y_range)

    def in_lasso(self, x: Sequence[float], y: Sequence[float]) -> NDArray[np.intp]:
        """Return the rows of the drawn points inside a polygon, ascending."""
        return rows_in_lasso(self.index, self._drawn, np.asarray(x, np.float64), np.asarray(y, np.float64))

    def _drawn(self, places: NDArray[np.intp]) -> NDArray[np.bool_]:
        """Return which of the points at some places in the index are drawn."""
        shown = np.zeros(self.aggregates.n_categories, dtype=np.bool_)
        shown[[code for code in range(len(self.colours)) if code not in self.hidden]] = True
        found: NDArray[np.bool_] = shown[self.aggregates.sorted_codes[places]]
        return found


def with_fitting_scale(cloud: PointCloud) -> PointCloud:
    """Return a cloud whose scale fits the statistic of its pixels, if that is not in the range of the values."""
    if cloud.scale is None or cloud.scale.statistic in ("mean", "max", "min", "first", "last"):
        return cloud
    low, high = percentile_limits(cloud.statistic(Frame(*cloud.limits(), *_SCALE_SIZE)))
    return replace(cloud, scale=replace(cloud.scale, low=low, high=high))
