"""Arrangements of panes: for labelling, and for an overview of learning and plots."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import chain
from typing import Literal

from astronomical.config.schema import PaneConfig

__all__ = ["Arrangement", "arranged"]

Arrangement = Literal["labelling", "overview"]

#: Kinds of plots that are beside the source while it is labelled, because they show the source itself.
_OF_THE_SOURCE = ("sed",)
_Place = tuple[int, int, int, int]
_SIDE, _SOURCE_ROWS, _LABEL_ROWS = 8, 8, 4
_BESIDE_ROWS = (_SOURCE_ROWS + _LABEL_ROWS) // 2
_TILE_COLUMNS, _TILE_ROWS = 4, 5
_TOP_ROWS, _PLOT_ROWS, _PLOT_COLUMNS = 7, 5, 3


def arranged(panes: Sequence[PaneConfig], arrangement: Arrangement) -> tuple[PaneConfig, ...]:
    """Return panes in the same order with other places.

    Parameters
    ----------
    panes
        The panes, of any kinds.
    arrangement
        With ``"labelling"``, the selected source has two thirds of the width, with the labels below it and two plots
        beside it. With ``"overview"``, learning and source share the upper part, with rows of four plots below, as in
        figure 2 of Stevens et al. 2021. Further panes follow below.
    """
    learning = next((pane for pane in panes if pane.kind == "learning"), None)
    source = next((pane for pane in panes if pane.kind == "source"), None)
    rest = sorted(
        (pane for pane in panes if pane is not learning and pane is not source),
        key=lambda pane: arrangement == "labelling" and pane.kind not in _OF_THE_SOURCE,
    )
    places: dict[str, _Place] = {}
    if arrangement == "labelling":
        if source is not None:
            places[source.id] = (0, 0, _SIDE, _SOURCE_ROWS)
        if learning is not None:
            places[learning.id] = (0, _SOURCE_ROWS, _SIDE, _LABEL_ROWS)
        slots: Iterator[_Place] = chain(
            ((_SIDE, y, _TILE_COLUMNS, _BESIDE_ROWS) for y in (0, _BESIDE_ROWS)),
            (
                (_TILE_COLUMNS * (i % 3), 2 * _BESIDE_ROWS + _TILE_ROWS * (i // 3), _TILE_COLUMNS, _TILE_ROWS)
                for i in range(len(rest))
            ),
        )
    else:
        if learning is not None:
            places[learning.id] = (0, 0, 7, _TOP_ROWS)
        if source is not None:
            places[source.id] = (7, 0, 5, _TOP_ROWS)
        slots = (
            (_PLOT_COLUMNS * (i % 4), _TOP_ROWS + _PLOT_ROWS * (i // 4), _PLOT_COLUMNS, _PLOT_ROWS)
            for i in range(len(rest))
        )
    places |= {pane.id: place for pane, place in zip(rest, slots, strict=False)}
    return tuple(pane.model_copy(update=dict(zip("xywh", places[pane.id], strict=True))) for pane in panes)
