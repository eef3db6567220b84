"""Which classes get a learner in a new project."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

__all__ = ["OTHER", "is_remainder", "learned_classes"]

#: Name of the class of everything that is none of the other classes.
OTHER = "Other / artefact"
_REMAINDERS = frozenset({"other", "others", "rest", "remainder", "none", "background", "artefact", "artifact"})
_PREFIXES = ("not ", "not-", "non ", "non-", "other ")


def is_remainder(name: str) -> bool:
    """Return whether a class seems to hold whatever is not another class, such as "Other" or "Non-pulsar"."""
    plain = name.casefold().strip()
    return plain in _REMAINDERS or plain.startswith(_PREFIXES)


def learned_classes(names: Sequence[str], counts: Mapping[str, int]) -> tuple[str, ...]:
    """Return the classes that get a learner by default: all, but only one of two, as the other is its mirror image.

    Of two classes, it is the one that is searched for: not a remainder such as "Other", else the rarer one, else 1 of 0
    and 1, else the first.

    Parameters
    ----------
    names
        Names of the classes, without excluded ones.
    counts
        Number of sources of each class according to the catalogue labels; classes without any may be missing.
    """
    if len(names) != 2:
        return tuple(names)
    first, second = names
    if is_remainder(first) != is_remainder(second):
        return (second,) if is_remainder(first) else (first,)
    n_first, n_second = counts.get(first, 0), counts.get(second, 0)
    if n_first != n_second:
        return (first,) if n_first < n_second else (second,)
    return (second,) if (first, second) == ("0", "1") else (first,)
