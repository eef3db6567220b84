"""A sorted sequence says the same as a dictionary that is sorted each time."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from astronomical.labels import sorted_sequence
from astronomical.labels.sorted_sequence import SortedSequence

Item = tuple[int, str]


@given(
    st.lists(st.tuples(st.integers(0, 60), st.sampled_from(["add", "remove", "cut", "many"])), max_size=60),
    st.integers(2, 5),
)
def test_it_says_the_same_as_a_sorted_dictionary(steps, chunk):
    before, sorted_sequence._CHUNK = sorted_sequence._CHUNK, chunk
    try:
        made = SortedSequence[Item](lambda item: item[0], (), lambda item: item[0] + 1)
        expected: dict[int, Item] = {}
        for place, (n, step) in enumerate(steps):
            older, was = made, tuple(made)
            if step == "add":
                made, expected[n] = made.with_item((n, str(place))), (n, str(place))
            elif step == "remove":
                made = made.without(n)
                expected.pop(n, None)
            elif step == "cut":
                made, expected = made.up_to(n), {key: item for key, item in expected.items() if key <= n}
            else:
                some = [(n + i, f"{place}-{i}") for i in range(3 * chunk)]
                made, expected = made.extended(some), expected | {item[0]: item for item in some}
            assert tuple(older) == was, "an older sequence changed"
            _compare(made, [expected[key] for key in sorted(expected)])
    finally:
        sorted_sequence._CHUNK = before


def _compare(made: SortedSequence[Item], items: list[Item]) -> None:
    assert list(made) == items
    assert list(reversed(made)) == items[::-1]
    assert len(made) == len(items)
    for index in range(len(items)):
        assert made[index] == items[index]
        assert made[index - len(items)] == items[index]
        assert list(made.from_index(index)) == items[index:]
        assert made[:index] == tuple(items[:index])
        assert made.weight_before(index) == sum(n + 1 for n, _ in items[:index])
    assert made.weight_before(len(items)) == sum(n + 1 for n, _ in items)
    for n in range(-1, 80):
        assert made.count_before(n) == sum(item[0] < n for item in items)
        assert made.find(n) == next((item for item in items if item[0] == n), None)
