"""Groups of the same object: as a plain search finds them, whatever the order of the rows."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from astronomical.catalogue.duplicates import find_duplicates
from astronomical.catalogue.ids import ids_from_rows
from astronomical.catalogue.sky import separation_arcsec
from astronomical.catalogue.splits import split_rows

#: Steps of 0.7 arcsec: no pair is at a distance close to the radius of one arcsec.
STEP = 0.7 / 3600


@st.composite
def catalogues(draw):
    """Make crowded positions, some at the pole or at right ascension 0, some missing; and two features."""
    n = draw(st.integers(1, 25))
    ra0, dec0 = draw(st.sampled_from([(0.0, 0.0), (180.0, 0.0), (10.0, -30.0)]))
    places = draw(st.lists(st.tuples(st.integers(-4, 4), st.integers(-4, 4)), min_size=n, max_size=n))
    ra = np.array([(ra0 + 3 * STEP * x) % 360 for x, _ in places])
    dec = np.array([dec0 + STEP * y for _, y in places])
    ra[draw(st.lists(st.booleans(), min_size=n, max_size=n))] = np.nan
    numbers = st.floats(-1e3, 1e3, width=32)
    features = np.array(draw(st.lists(st.tuples(numbers, numbers), min_size=n, max_size=n)), np.float32).T
    return ra, dec, list(features)


def groups_of(first, names):
    """Return the groups as sets of names."""
    found = {}
    for place, name in zip(first.tolist(), names, strict=True):
        found.setdefault(place, set()).add(name)
    return {frozenset(group) for group in found.values()}


def plain(ra, dec, radius):
    """Return the groups by positions as a plain search over all pairs finds them."""
    group = list(range(len(ra)))
    for i in range(len(ra)):
        near = np.flatnonzero(separation_arcsec(ra, dec, ra[i], dec[i]) <= radius) if np.isfinite(ra[i]) else []
        for j in near:
            old, new = group[j], group[i]
            group = [new if item == old else item for item in group]
    return groups_of(np.array(group), range(len(ra)))


@given(catalogues(), st.sampled_from([0.0, 1.0, 1.5]))
def test_positions_are_grouped_as_by_a_plain_search(catalogue, radius):
    ra, dec, _ = catalogue
    found = find_duplicates((ra, dec), [], radius)
    if not found.crowded:
        assert groups_of(found.first, range(len(ra))) == plain(ra, dec, radius)


@given(catalogues(), st.randoms(use_true_random=False))
def test_the_order_of_the_rows_does_not_change_the_groups(catalogue, random):
    ra, dec, columns = catalogue
    order = np.array(random.sample(range(len(ra)), len(ra)))
    before = find_duplicates((ra, dec), columns, 1.0)
    after = find_duplicates((ra[order], dec[order]), [values[order] for values in columns], 1.0)
    assert after.crowded == before.crowded
    assert groups_of(after.first, order.tolist()) == groups_of(before.first, range(len(ra)))


@given(
    st.lists(st.tuples(st.integers(-1, 2), st.integers(0, 12)), min_size=1, max_size=40),
    st.integers(0, 2**32),
    st.booleans(),
)
def test_an_object_is_in_one_set(rows, seed, use_unknown):
    codes, groups = np.array([code for code, _ in rows]), np.array([group for _, group in rows])
    _, firsts, places = np.unique(groups, return_index=True, return_inverse=True)
    split = split_rows(ids_from_rows(len(rows)), codes, seed=seed, use_unknown=use_unknown, first=firsts[places])
    part = np.select([split.training, split.validation, split.test], [0, 1, 2], -1)
    for group in np.unique(groups):
        inside = part[(groups == group) & (part >= 0)]
        assert len(set(inside.tolist())) <= 1
    assert (part[codes >= 0] >= 0).all()


@given(st.lists(st.integers(-1, 2), min_size=1, max_size=40), st.integers(0, 2**32))
def test_without_duplicates_the_split_is_that_of_earlier_projects(codes, seed):
    ids, codes = ids_from_rows(len(codes)), np.array(codes)
    names = [str(code) for code in range(3)]
    before = split_rows(ids, codes, seed=seed, names=names)
    after = split_rows(ids, codes, seed=seed, names=names, first=np.arange(len(codes)))
    for name in ("training", "validation", "test"):
        np.testing.assert_array_equal(getattr(before, name), getattr(after, name))
