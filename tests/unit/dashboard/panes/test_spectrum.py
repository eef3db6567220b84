"""Where the names of spectral lines stand beside each other."""

from itertools import pairwise

from astronomical.dashboard.panes.source.spectrum import _NAMES
from astronomical.services.spectral_lines import LINES


def test_neighbours_of_one_name_are_named_once_and_names_beside_each_other_stand_at_different_heights():
    named = sorted((line.vacuum, name, down) for line, name, down in zip(LINES, *_NAMES, strict=True) if name)
    names = [name for _, name, _ in named]
    assert {line.name for line in LINES} == set(names)
    assert [names.count(name) for name in ("[O III]", "[N II]", "[S II]", "Ca II", "He II")] == [1, 1, 1, 1, 2]
    for (_, _, one), (_, _, other) in pairwise(named):
        assert abs(one - other) >= 11
