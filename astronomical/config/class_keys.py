"""Keys of the keyboard that give a class to a source."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

__all__ = ["RESERVED_KEYS", "digit_of", "key_problems", "label_keys", "unsure_keys"]

#: Keys with another function, which cannot give a class.
RESERVED_KEYS = ("u", "z", "q", "n", "f", "/", "?")
_DIGITS = "123456789"


def label_keys(names: Sequence[str], keys: Mapping[str, str]) -> dict[str, str]:
    """Return the key of each class.

    It is the chosen key, or the digit that the class is called, or the digit of its place. No class has a digit that
    is the name of another one.
    """
    taken = set(keys.values())
    found = {name: key for name in names if (key := keys.get(name))}
    own = set[str]()
    for name in sorted(names, key=lambda name: name != digit_of(name)):  # 1 before 1.0
        digit = digit_of(name)
        if name not in found and digit and digit not in taken:
            found[name] = digit
            taken.add(digit)
            own.add(digit)
    places = {name: digit for name, digit in zip(names, _DIGITS, strict=False) if name not in found}
    free = (digit for digit in _DIGITS if digit not in taken and digit not in places.values())
    for name in names:
        if name in found or digit_of(name):  # another digit than its own would mislead
            continue
        digit = places.get(name, "")
        key = next(free, "") if digit in own else "" if digit in taken else digit
        if key:
            found[name] = key
    return {name: found[name] for name in names if name in found}


def digit_of(name: str) -> str:
    """Return the digit that a text such as ``1`` or ``1.0`` stands for; empty if it is no single digit."""
    try:
        number = float(name)
    except ValueError:
        return ""
    return str(int(number)) if number in range(10) else ""


def unsure_keys(keys: Mapping[str, str]) -> tuple[str, ...]:
    """Return the keys that mark a source as unsure: 0 is one of them unless it gives a class."""
    return ("u",) if "0" in keys.values() else ("0", "u")


def key_problems(keys: Mapping[str, str]) -> dict[str, str]:
    """Return the problems with the keys chosen for classes, by class."""
    found: dict[str, str] = {}
    seen: dict[str, str] = {}
    for name, key in keys.items():
        if key != key.lower() or key.isspace():
            found[name] = f"{key!r}: choose a lower-case letter, a digit or a punctuation mark"
        elif key in RESERVED_KEYS:
            found[name] = f"{key!r} has another function"
        elif key in seen:
            found[name] = f"{key!r} is the key of {seen[key]}"
        seen.setdefault(key, name)
    return found
