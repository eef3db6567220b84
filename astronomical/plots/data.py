"""What a plot gets: values by role, the classes and their colours, the selected source."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import holoviews as hv
import numpy as np
from numpy.typing import ArrayLike, NDArray

from astronomical.plots.elements import PointsElement
from astronomical.plots.limits import Limits
from astronomical.plots.points import ColourScale, PointCloud

__all__ = ["INK", "CannotDrawError", "Colouring", "DrawnPoints", "NeedsAnswersError", "NeedsColumnsError", "PlotData",
           "Question", "label_text"]

#: Lines beside the points: a grey that is seen on white and on black.
INK = "#7b858e"
#: A vertical label of more characters does not fit beside the smallest plot.
_LONG_LABEL = 22


def label_text(name: str, unit: str) -> str:
    """Return a name with its unit, if it has one; a long label takes two lines."""
    label = f"{name} ({unit})" if unit else name
    return label if not unit or len(label) <= _LONG_LABEL else f"{name}\n({unit})"


class CannotDrawError(ValueError):
    """There is nothing to draw; the message says why, in words for the user."""


class NeedsColumnsError(ValueError):
    """Columns are missing, in a way that roles alone cannot say: the pane shows the form, and this text."""


@dataclass(frozen=True)
class Question:
    """Something that only the user knows, such as the system of a magnitude.

    Parameters
    ----------
    key
        Under which the answer is kept in the config.
    text
        The question.
    choices
        The answers allowed.
    """

    key: str
    text: str
    choices: tuple[str, ...]


class NeedsAnswersError(Exception):
    """Raised by `PlotData.ask`: the pane then asks the user, and draws when it has been told."""

    def __init__(self, questions: Sequence[Question]) -> None:
        super().__init__("; ".join(question.text for question in questions))
        self.questions = tuple(questions)


@dataclass(frozen=True, eq=False)
class Colouring:
    """A class for every source, and the colours of the classes.

    Attributes
    ----------
    codes
        Place of the class of each source in `names`, shape (n_rows,).
    names, colours
        The classes; the last one gathers the sources without a label.
    values, scale
        A quantity of each source, by which those of the first class are coloured; None for classes alone.
    """

    codes: NDArray[np.int16]
    names: tuple[str, ...]
    colours: tuple[str, ...]
    values: NDArray[np.float32] | None = None
    scale: ColourScale | None = None


@dataclass(frozen=True, eq=False)
class DrawnPoints:
    """A cloud that a plot has drawn, and what its pane needs to colour it anew and to hear clicks."""

    source: hv.streams.Pipe
    drawn: PointsElement


@dataclass(eq=False)
class PlotData:
    """What a plot is made from. Arrays are read-only and in the order of the sources.

    Attributes
    ----------
    values
        By role, the values of all sources, float32, shape (n_rows,); None for an optional column that is absent.
    names, units
        By role, the name of the column and its unit.
    colouring
        The classes of the sources.
    hidden
        Names of the classes that the user has switched off in the legend.
    selected
        Row of the selected source, or None.
    position
        Right ascension and declination in degrees, or None if the catalogue has none.
    columns
        Units of all numeric columns, by name.
    read
        Reads a column by name.
    answers
        What the user has answered so far; see `ask`.
    folders
        Where files that a plot reads may lie.
    notes
        What the pane says below the plot; see `note`.
    points_drawn
        The clouds drawn by `points`.
    explain
        See `describe`.
    show_legend
        Whether the pane lists the classes below the plot.
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

    def __getitem__(self, role: str) -> NDArray[np.float32]:
        values = self.values[role]
        if values is None:
            raise CannotDrawError(f"This plot needs a column for “{role}”.")
        return values

    def has(self, role: str) -> bool:
        """Tell whether an optional column is there."""
        return self.values.get(role) is not None

    def unit(self, role: str) -> str:
        """Return the unit of a column; empty if the file states none."""
        return self.units.get(role, "")

    def label(self, role: str) -> str:
        """Return what stands at an axis: the name of the column, and its unit."""
        return label_text(self.names.get(role, role), self.unit(role))

    def of_selected(self, name: str) -> float:
        """Return the value of any numeric column for the selected source; NaN if it has none."""
        if self.selected is None or self.read is None:
            return float("nan")
        return float(self.read(name)[self.selected])

    def note(self, text: str) -> None:
        """Say something below the plot, such as how many sources are not drawn and why."""
        self.notes.append(text)

    def describe(self, explain: Callable[[int], str]) -> None:
        """Have something said of the selected source: a function from its row to a text."""
        self.explain = explain

    def ask(self, questions: Sequence[Question]) -> dict[str, str]:
        """Return the answers to some questions by key; those not answered yet are put to the user.

        Raises
        ------
        NeedsAnswersError
            If any is not answered. Let it pass: the pane calls the plot again.
        """
        given = {q.key: self.answers[q.key] for q in questions if self.answers.get(q.key) in q.choices}
        if len(given) < len(questions):
            raise NeedsAnswersError([q for q in questions if q.key not in given])
        return given

    def points(self, x: ArrayLike, y: ArrayLike, *, x_label: str = "x", y_label: str = "y", invert_x: bool = False,
               invert_y: bool = False, x_limits: Limits | None = None, y_limits: Limits | None = None,
               codes: ArrayLike | None = None) -> hv.DynamicMap:
        """Draw a point for every source, millions if need be, coloured by class.

        The user can click the points, select among them, and switch classes off.

        Parameters
        ----------
        x, y
            Coordinates, shape (n_rows,); sources without a finite one are not drawn.
        x_label, y_label
            What stands at the axes, with units.
        invert_x, invert_y
            Let an axis run the other way, as that of a magnitude.
        x_limits, y_limits
            Limits of the axes; by default 4 sigma around the points.
        codes
            Class of each point, shape (n_rows,), if not that of the colouring; -1 is not drawn.

        Returns
        -------
        hv.DynamicMap
            The points, to be returned by the plot, alone or with curves over them.

        Raises
        ------
        CannotDrawError
            If no source has both coordinates.
        """
        cloud = PointCloud(np.asarray(x, np.float32), np.asarray(y, np.float32),
                           self.colouring.codes if codes is None else np.asarray(codes, np.int16),
                           self.colouring.colours, self.colouring.names, hidden=self.hidden_codes,
                           values=self.colouring.values, scale=self.colouring.scale)
        if not (np.isfinite(cloud.x) & np.isfinite(cloud.y)).any():
            raise CannotDrawError(f"No source has both {x_label} and {y_label}.")
        pipe = hv.streams.Pipe(data=cloud)
        drawn = PointsElement(pipe, x_label=x_label, y_label=y_label)
        self.points_drawn.append(DrawnPoints(pipe, drawn))
        options: dict[str, Any] = {"invert_xaxis": invert_x, "invert_yaxis": invert_y}
        options.update({key: limits for key, limits in (("xlim", x_limits), ("ylim", y_limits)) if limits is not None})
        return drawn.element.opts(hv.opts.RGB(**options))

    @property
    def hidden_codes(self) -> frozenset[int]:
        """Codes of the classes that are switched off."""
        return frozenset(code for code, name in enumerate(self.colouring.names) if name in self.hidden)

    def curve(self, x: ArrayLike, y: ArrayLike, *, dashed: bool = False) -> hv.Overlay:
        """Return a line over the points, such as the border of a region; it does not widen the axes.

        It is dark in a pale rim: so it is seen on the points as well as beside them, and in both themes.

        Parameters
        ----------
        x, y
            Its points, shape (n,).
        dashed
            Whether it is dashed.
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
            Its middle, in the units of the axes.
        text
            What it says.
        """
        return hv.Labels([(x, y, text)], ["x", "y"], "text").opts(
            hv.opts.Labels(text_color="#111111", background_fill_color="#ffffff", background_fill_alpha=0.75,
                           border_line_color=None, border_radius=3, text_font_size="12px", text_font_style="bold",
                           apply_ranges=False))
