"""Add classes to an open project, and show classes under other names."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from astronomical.config.schema import PALETTE, Config, LabelConfig
from astronomical.session.errors import SessionError

__all__ = ["next_colour", "with_class", "with_names"]


def with_class(config: Config, name: str, colour: str | None = None) -> Config:
    """Return a project with one more class, whose value in the label column is its name.

    Parameters
    ----------
    config
        The project.
    name
        Name of the class.
    colour
        Its colour; by default the first of the palette that no class has.

    Raises
    ------
    SessionError
        If the name is empty, or a class or value has it.
    """
    name = name.strip()
    if not name:
        raise SessionError("The new class has no name.")
    if name in config.class_names or name in config.shown_names.values():
        raise SessionError(f"There is a class {name!r} already.")
    if any(entry.value == name for entry in config.labels):
        raise SessionError(f"{name!r} is a value of the label column that belongs to a class. Choose another name.")
    added = LabelConfig(value=name, name=name, colour=colour or next_colour(config.colours))
    return config.model_copy(update={"labels": (*config.labels, added)})


def next_colour(colours: Mapping[str, str]) -> str:
    """Return the first colour of the palette that no class has, or else the one used longest ago."""
    taken = {colour.upper() for colour in colours.values()}
    return next((colour for colour in PALETTE if colour.upper() not in taken), PALETTE[len(colours) % len(PALETTE)])


def with_names(
    config: Config, entries: Iterable[tuple[str, str, str]], is_fixed: Callable[[str], bool]
) -> tuple[LabelConfig, ...]:
    """Return the labels of a project with edited names and colours, and with added classes.

    Recorded labels are never changed. A class whose name is fixed therefore keeps it, and the new name is its title,
    if all its values got the same new name and no other class has it.

    Parameters
    ----------
    config
        The project.
    entries
        Value, shown name and colour of each label; a value that the project does not have is a new class.
    is_fixed
        Returns whether the name of a class cannot change any more.
    """
    entries = tuple(entries)
    before = {entry.value: entry for entry in config.labels}
    wanted: dict[str, set[str]] = {}
    for value, shown, _ in entries:
        if value in before:
            wanted.setdefault(before[value].name, set()).add(shown)
    titles: dict[str, str] = {}
    for name, shown_names in wanted.items():
        others = set(config.class_names) | {shown for other in wanted if other != name for shown in wanted[other]}
        (shown, *more) = shown_names
        if not more and (shown == name or (is_fixed(name) and shown not in others)):
            titles[name] = "" if shown == name else shown

    def label(value: str, shown: str, colour: str) -> LabelConfig:
        known = before.get(value)
        if known is not None and known.name in titles:
            return LabelConfig(value=value, name=known.name, title=titles[known.name], colour=colour)
        return LabelConfig(value=value, name=shown, colour=colour)

    return tuple(label(*entry) for entry in entries)
