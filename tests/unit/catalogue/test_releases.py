"""Sources of a release in another one, by id and by position."""

from __future__ import annotations

import numpy as np
import pytest

from astronomical.catalogue.changed_values import deviations
from astronomical.catalogue.releases import Release, match_releases

ARCSEC = 1 / 3600


def places(ra: list[float], dec: list[float] | None = None) -> tuple[np.ndarray, np.ndarray]:
    """Return positions near the equator from offsets in arcsec."""
    return 150 + np.array(ra) * ARCSEC, np.zeros(len(ra)) if dec is None else np.array(dec) * ARCSEC


def ids(*names: str) -> np.ndarray:
    return np.array([name.encode() for name in names])


def test_an_id_counts_only_at_the_same_position() -> None:
    old = Release(ids("a", "b", "c"), places([0, 10, 20]))
    new = Release(ids("a", "b", "c"), places([0.2, 10, 95]))
    found = match_releases(old, new, 1.0)
    assert found.rows.tolist() == [0, 1, -1]
    assert found.elsewhere.tolist() == [False, False, True]
    assert found.separation_arcsec[0] == pytest.approx(0.2, rel=1e-3)
    assert not found.ids_differ


def test_ids_that_mean_other_sources_are_not_used() -> None:
    old = Release(ids("1", "2", "3"), places([0, 10, 20]))
    new = Release(ids("1", "2", "3"), places([20, 0, 10]))
    found = match_releases(old, new, 1.0)
    assert found.ids_differ
    assert found.rows.tolist() == [1, 2, 0]
    assert not found.by_id.any()


def test_a_lost_source_does_not_become_its_neighbour() -> None:
    old = Release(None, places([0, 0.6]))
    new = Release(None, places([0.55]))
    found = match_releases(old, new, 1.0)
    assert found.rows.tolist() == [-1, 0]
    assert found.merged == {0: 0, 1: 0}


def test_a_source_that_was_split_names_all_parts() -> None:
    found = match_releases(Release(None, places([0, 30])), Release(None, places([0.1, -0.4, 30])), 1.0)
    assert found.rows.tolist() == [0, 2]
    assert found.parts == {0: (0, 1)}
    assert match_releases(Release(None, places([0, 30])), Release(None, places([0.1, -0.4, 30])), 1.0, [1]).parts == {}


@pytest.mark.parametrize("which", ["old", "new"])
def test_proper_motions_carry_a_fast_star_to_the_other_epoch(which: str) -> None:
    motion = np.array([1000.0, np.nan]), np.array([0.0, np.nan])
    moved = {which: motion}
    old = Release(None, places([0, 50]), moved.get("old"), 2000.0)
    new = Release(None, places([16, 50]), moved.get("new"), np.array([2016.0, 2016.0]))
    found = match_releases(old, new, 1.0)
    assert found.with_motion
    assert found.rows.tolist() == [0, 1]
    assert found.separation_arcsec[0] < 0.01
    without = match_releases(Release(None, places([0, 50])), new, 1.0)
    assert without.rows.tolist() == [-1, 1]


def test_missing_positions_are_found_by_id_only() -> None:
    old = Release(ids("a", "b"), (np.array([150.0, np.nan]), np.array([0.0, np.nan])))
    new = Release(ids("b", "x"), (np.array([10.0, 150.0]), np.array([0.0, 0.0])))
    assert match_releases(old, new, 1.0).rows.tolist() == [1, 0]


def test_changes_are_measured_by_the_errors_or_else_by_their_scatter() -> None:
    rng = np.random.default_rng(1)
    old = rng.normal(20, 1, 500)
    new = old + 0.3 + rng.normal(0, 0.01, 500)
    new[7] += 0.1
    assert np.argmax(deviations(old, new)) == 7
    assert deviations(old, new)[7] > 5
    errors = np.full(500, 0.1)
    assert deviations(old, new, (errors, errors)).max() < 3
    new[3], old[4] = np.nan, np.nan
    by = deviations(old, new)
    assert np.isinf(by[3])
    assert by[4] == 0


def test_any_change_counts_where_most_values_are_the_same() -> None:
    old = np.linspace(10, 20, 50)
    new = old.copy()
    new[5] += 0.01
    assert np.flatnonzero(deviations(old, new) > 3).tolist() == [5]
    assert deviations(np.full(3, np.nan), np.ones(3)).tolist() == [0, 0, 0]
