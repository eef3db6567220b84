"""Arrangements of panes: nothing overlaps, nothing is lost, whatever panes there are."""

from __future__ import annotations

from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from astronomical.config.schema import PaneConfig
from astronomical.session.project.arrangements import Arrangement, arranged

KINDS = ("learning", "source", "basic", "sed", "bpt", "history", "of-a-plugin")
PANES = st.lists(st.tuples(st.sampled_from(KINDS), st.integers(0, 11), st.integers(0, 40)), max_size=15).map(
    lambda found: [
        PaneConfig(id=f"pane-{i}", kind=kind, x=x, y=y, w=12 - x, h=3, settings={"n": i})
        for i, (kind, x, y) in enumerate(found)
    ]
)


def cells(pane: PaneConfig) -> set[tuple[int, int]]:
    return {(x, y) for x in range(pane.x, pane.x + pane.w) for y in range(pane.y, pane.y + pane.h)}


@pytest.mark.parametrize("arrangement", ["labelling", "overview"])
@given(panes=PANES)
def test_an_arrangement_keeps_all_panes_and_none_overlap(arrangement: Arrangement, panes: list[PaneConfig]) -> None:
    found = arranged(panes, arrangement)
    assert [(pane.id, pane.kind, pane.settings) for pane in found] == [(p.id, p.kind, p.settings) for p in panes]
    assert all(pane.x + pane.w <= 12 for pane in found)
    for one, other in combinations(found, 2):
        assert not cells(one) & cells(other)
    assert arranged(found, arrangement) == found


def test_the_overview_is_the_arrangement_of_the_paper() -> None:
    kinds = ("learning", "source", "basic", "sed", "bpt", "mateos")
    panes = [PaneConfig(id=kind, kind=kind, x=0, y=0, w=1, h=1) for kind in kinds]
    found = arranged(panes, "overview")
    assert [(pane.id, pane.x, pane.y, pane.w, pane.h) for pane in found] == [
        ("learning", 0, 0, 7, 7),
        ("source", 7, 0, 5, 7),
        ("basic", 0, 7, 3, 5),
        ("sed", 3, 7, 3, 5),
        ("bpt", 6, 7, 3, 5),
        ("mateos", 9, 7, 3, 5),
    ]
