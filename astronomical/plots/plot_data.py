"""Input of a plot: values by role, classes and their colours, and the selected source."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import holoviews as hv
import numpy as np
from numpy.typing import ArrayLike, NDArray

from astronomical.errors import InvalidInputError
from astronomical.plots.axis_limits import USUAL_AXES, AxisChoices, Limits
from astronomical.plots.elements import PointsElement
from astronomical.plots.points import PointCloud, with_fitting_scale
from astronomical.plots.quantities import Colouring, quantity_colouring

__all__ = [
    "INK",
    "CannotDrawError",
    "Colouring",
    "DrawnPoints",
    "NeedsAnswersError",
    "NeedsColumnsError",
    "PlotData",
    "Question",
    "label_text",
]

#: Colour of lines: a grey that is visible on white and on black.
INK = "#7b858e"
#: Maximum length of a vertical label that fits beside the smallest plot.
_LONG_LABEL = 22


def label_text(name: str, unit: str) -> str:
    """Return a name with its unit, if any. A long label has two lines."""
    label = f"{name} ({unit})" if unit else name
    return label if not unit or len(label) <= _LONG_LABEL else f"{name}\n({unit})"


class CannotDrawError(InvalidInputError):
    """The plot cannot be drawn; the message tells the user why."""


class NeedsColumnsError(InvalidInputError):
    """Columns are missing that the roles alone do not require. The pane shows the form and this message."""


@dataclass(frozen=True)
class Question:
    """A question to the user, such as the system of a magnitude.

    Parameters
    ----------
    key
        Key under which the answer is saved in the project file.
    text
        The question.
    choices
        The possible answers.
    """

    key: str
    text: str
    choices: tuple[str, ...]


class NeedsAnswersError(Exception):
    """Raised by `PlotData.ask`. The pane then asks the user, and draws the plot after the answer."""

    def __init__(self, questions: Sequence[Question]) -> None:
        super().__init__("; ".join(question.text for question in questions))
        self.questions = tuple(questions)


@dataclass(frozen=True, eq=False)
class DrawnPoints:
    """A point cloud of a plot, with what its pane needs to change the colours and to receive clicks.

    `axes` are the quantities of x and y as expressions of columns, if they are known.
    """

    source: hv.streams.Pipe
    drawn: PointsElement
    axes: tuple[str, str] | None = None


@dataclass(eq=False)
class PlotData:
    """Input of a plot. Arrays are read-only and in the order of the sources.

    Attributes
    ----------
    values
        By role, the values of all sources, float32, shape (n_rows,); None for an optional column that is absent.
    names, units
        By role, the name of the column and its unit.
    colouring
        The classes of the sources.
    hidden
        Names of the classes that are hidden in the legend.
    selected
        Row of the selected source, or None.
    position
        Right ascension and declination in degrees, or None if the catalogue has none.
    columns
        Units of all numeric columns, by name.
    read
        Reads a column by name.
    answers
        Answers of the user; see `ask`.
    folders
        Folders of files that a plot may read.
    notes
        Texts below the plot; see `note`.
    points_drawn
        The point clouds created by `points`.
    explain
        See `describe`.
    show_legend
        Whether the pane shows a legend below the plot.
    shading
        Transfer function of the points, a name from `shading.SHADINGS`.
    axes
        The user's choices for the axes. `points` applies them.
    shown
        Which sources are drawn, shape (n_rows,); None for all. `points` applies it, and so does `colouring`, in which
        the other sources have the code -1.
    highlighted
        Rows of the sources that the pane highlights, ascending; None for none.
    """

    values: Mapping[str, NDArray[np.float32] | None]
    colouring: Colouring
    names: Mapping[str, str] = field(default_factory=dict)
    units: Mapping[str, str] = field(default_factory=dict)
    hidden: frozenset[str] = frozenset()
    selected: int | None = None
    position: tuple[NDArray[np.float64], NDArray[np.float64]] | None = None
    columns: Mapping[str, str] = field(default_factory=dict)
    read: Callable[[str], NDArray[np.float32]] | None = None
    answers: Mapping[str, str] = field(default_factory=dict)
    folders: tuple[Path, ...] = ()
    notes: list[str] = field(default_factory=list)
    points_drawn: list[DrawnPoints] = field(default_factory=list)
    explain: Callable[[int], str] | None = None
    show_legend: bool = True
    shading: str = "mix"
    axes: AxisChoices = USUAL_AXES
    shown: NDArray[np.bool_] | None = None
    highlighted: NDArray[np.intp] | None = None

    def __getitem__(self, role: str) -> NDArray[np.float32]:
        values = self.values[role]
        if values is None:
            raise CannotDrawError(f"This plot needs a column for “{role}”.")
        return values

    def has(self, role: str) -> bool:
        """Return whether an optional column is available."""
        return self.values.get(role) is not None

    def unit(self, role: str) -> str:
        """Return the unit of a column; empty if the file does not give it."""
        return self.units.get(role, "")

    def label(self, role: str) -> str:
        """Return the label of an axis: the name of the column and its unit."""
        return label_text(self.names.get(role, role), self.unit(role))

    def of_selected(self, name: str) -> float:
        """Return the value of a numeric column for the selected source; NaN if it is missing."""
        if self.selected is None or self.read is None:
            return float("nan")
        return float(self.read(name)[self.selected])

    def note(self, text: str) -> None:
        """Add a text below the plot, such as the number of sources that are not drawn and the reason."""
        self.notes.append(text)

    def describe(self, explain: Callable[[int], str]) -> None:
        """Set a function that returns a text about the selected source for its row."""
        self.explain = explain

    def ask(self, questions: Sequence[Question]) -> dict[str, str]:
        """Return the answers to questions by key. The user is asked the questions without an answer.

        Raises
        ------
        NeedsAnswersError
            If a question has no answer yet. Do not catch it: the pane calls the plot again.
        """
        given = {q.key: self.answers[q.key] for q in questions if self.answers.get(q.key) in q.choices}
        if len(given) < len(questions):
            raise NeedsAnswersError([q for q in questions if q.key not in given])
        return given

    def points(
        self,
        x: ArrayLike,
        y: ArrayLike,
        *,
        x_label: str = "x",
        y_label: str = "y",
        invert_x: bool = False,
        invert_y: bool = False,
        x_limits: Limits | None = None,
        y_limits: Limits | None = None,
        codes: ArrayLike | None = None,
        values: ArrayLike | None = None,
        value_label: str = "value",
        reduction: str = "mean",
        axes: tuple[str, str] | None = None,
    ) -> hv.DynamicMap:
        """Draw a point for each source, coloured by class. Millions of points are possible.

        The user can click and select the points, and hide classes.

        Parameters
        ----------
        x, y
            Coordinates, shape (n_rows,). Sources with coordinates that are not finite are not drawn.
        x_label, y_label
            Labels of the axes, with units.
        invert_x, invert_y
            Whether to invert an axis, for example for a magnitude.
        x_limits, y_limits
            Limits of the axes; by default, outliers beyond 4 sigma are excluded. The user can choose others.
        codes
            Class of each point, shape (n_rows,); -1 is not drawn. By default, the classes of the colouring.
        values
            A quantity that colours the points instead of their classes, shape (n_rows,); NaN where it is missing.
        value_label
            Name of the quantity in the legend.
        reduction
            Name of the reduction of Datashader that gives the colour of a pixel with several points: ``mean``,
            ``max``, ``min``, ``std``, ``var``, ``sum``, ``count``, ``any``, ``first`` or ``last``.
        axes
            The quantities of x and y, so that a lasso can be saved as a subset: names of columns or features,
            expressions of columns such as ``g - r``, ``ra()`` and ``dec()`` for the position in degrees, or
            ``aitoff_x(centre)`` and ``aitoff_y(centre)`` for its Aitoff projection. By default, only the sources in a
            lasso can be saved.

        Returns
        -------
        hv.DynamicMap
            The points. Return them from the plot, alone or with curves over them.

        Raises
        ------
        CannotDrawError
            If no source has both coordinates.
        ValueError
            If there is no such reduction.
        """
        if values is not None:
            self.colouring = quantity_colouring(np.asarray(values, np.float32), reduction, value_label)
        cloud = PointCloud(
            np.asarray(x, np.float32),
            np.asarray(y, np.float32),
            self._drawn_codes(self.colouring.codes if codes is None else np.asarray(codes, np.int16)),
            self.colouring.colours,
            self.colouring.names,
            hidden=self.hidden_codes,
            values=self.colouring.values,
            scale=self.colouring.scale,
            shading=self.shading,
        )
        if not (np.isfinite(cloud.x) & np.isfinite(cloud.y)).any():
            raise CannotDrawError(f"No source has both {x_label} and {y_label}.")
        if values is not None:
            cloud = with_fitting_scale(cloud)
            self.colouring = replace(self.colouring, scale=cloud.scale)
        pipe = hv.streams.Pipe(data=cloud)
        drawn = PointsElement(pipe, x_label=x_label, y_label=y_label)
        self.points_drawn.append(DrawnPoints(pipe, drawn, axes))
        options: dict[str, Any] = {
            "invert_xaxis": invert_x != self.axes.flip_x,
            "invert_yaxis": invert_y != self.axes.flip_y,
        }
        x_limits, y_limits = self.axes.limits("x", cloud.x) or x_limits, self.axes.limits("y", cloud.y) or y_limits
        options.update({key: limits for key, limits in (("xlim", x_limits), ("ylim", y_limits)) if limits is not None})
        return drawn.element.opts(hv.opts.RGB(**options))

    def axis_of(self, *roles: str, log: bool = False) -> str:
        """Return the quantity of an axis as an expression of columns, for `points`; empty if there is none.

        Parameters
        ----------
        *roles
            One role, or two whose difference is drawn.
        log
            Whether the logarithm of the column is drawn.
        """
        if len(roles) == 1 and not log:
            return self.names.get(roles[0], "")
        parts = [self.column_of(role) for role in roles]
        if not all(parts):
            return ""
        return f"log10({parts[0]})" if log else " - ".join(parts)

    def column_of(self, role: str) -> str:
        """Return the column of a role for an expression, in double quotes; empty if there is none."""
        name = self.names.get(role, "")
        return '"{}"'.format(name.replace('"', '""')) if name in self.columns else ""

    def _drawn_codes(self, codes: NDArray[np.int16]) -> NDArray[np.int16]:
        return codes if self.shown is None else np.where(self.shown, codes, -1).astype(np.int16)

    @property
    def hidden_codes(self) -> frozenset[int]:
        """Codes of the hidden classes."""
        return frozenset(code for code, name in enumerate(self.colouring.names) if name in self.hidden)

    def curve(self, x: ArrayLike, y: ArrayLike, *, dashed: bool = False) -> hv.Overlay:
        """Return a line over the points, such as the border of a region. It does not change the limits of the axes.

        The line is dark with a light outline, so that it is visible on the points, on the background and in both
        themes.

        Parameters
        ----------
        x, y
            Its points, shape (n,).
        dashed
            Whether the line is dashed.
        """
        line = hv.Curve((np.asarray(x), np.asarray(y)), "x", "y")
        rim = line.opts(hv.opts.Curve(color="#ffffff", alpha=0.75, line_width=4, apply_ranges=False), clone=True)
        style = "dashed" if dashed else "solid"
        return rim * line.opts(hv.opts.Curve(color="#111111", line_width=1.6, line_dash=style, apply_ranges=False))

    def text(self, x: float, y: float, text: str) -> hv.Labels:
        """Return a text over the points, such as the name of a region.

        Parameters
        ----------
        x, y
            Position of its centre, in the units of the axes.
        text
            The text.
        """
        return hv.Labels([(x, y, text)], ["x", "y"], "text").opts(
            hv.opts.Labels(
                text_color="#111111",
                background_fill_color="#ffffff",
                background_fill_alpha=0.75,
                border_line_color=None,
                border_radius=3,
                text_font_size="12px",
                text_font_style="bold",
                apply_ranges=False,
            )
        )
