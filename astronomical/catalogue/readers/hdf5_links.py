"""What is inside an HDF5 file, reached by hard links only.

Other links, and datasets whose values are elsewhere, can name any file of the computer. HDF5 opens such a file as soon
as the link is followed, and for some virtual datasets already when their shape is asked for. So the kind of each link,
and the layout of each dataset, is looked at first.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import h5py
from h5py import h5d, h5l, h5o

from astronomical.catalogue.errors import CatalogueError

__all__ = ["Contents", "find", "list_contents"]

_MAX_OBJECTS = 200_000
_MAX_DEPTH = 50
_N_LISTED = 5


@dataclass
class Contents:
    """The objects of a file, by path, and what of it is not opened.

    Attributes
    ----------
    objects
        Groups and datasets, each once, a group before what it holds.
    refused
        Paths that lead elsewhere, each with what it is.
    """

    objects: dict[str, Any] = field(default_factory=dict)
    refused: dict[str, str] = field(default_factory=dict)

    def refusal(self) -> str:
        """Say what is not opened, and what to do; empty if all is."""
        if not self.refused:
            return ""
        listed = [f"{path} ({what})" for path, what in list(self.refused.items())[:_N_LISTED]]
        more = len(self.refused) - len(listed)
        return (
            f"Not opened, because links and values in other files are not followed: {', '.join(listed)}"
            f"{f' and {more:,} more' if more else ''}. To use them, save the table as one file, for example with "
            "h5repack or pandas."
        )


def list_contents(file: Any, where: str) -> Contents:
    """List the objects of a file that hard links lead to.

    Parameters
    ----------
    file
        An open ``h5py.File``.
    where
        Its name, for messages.

    Raises
    ------
    CatalogueError
        If there are too many objects, or groups are nested too deeply.
    """
    found = Contents({"/": file["/"]})
    seen = {_address(file["/"].id)}
    waiting: list[tuple[str, Any, int]] = [("", file["/"].id, 0)]
    while waiting:
        path, group, depth = waiting.pop()
        if depth > _MAX_DEPTH:
            raise CatalogueError(
                f"{where}: groups are nested more than {_MAX_DEPTH} deep at {path[:200]}; save the "
                "table as a file of its own"
            )
        names: list[bytes] = []
        group.links.iterate(names.append)
        for name in names:
            below = f"{path}/{name.decode('utf-8', errors='surrogateescape')}"
            if len(found.objects) + len(found.refused) > _MAX_OBJECTS:
                raise CatalogueError(
                    f"{where} holds more than {_MAX_OBJECTS:,} groups and datasets; save the table as a file of its own"
                )
            item = _open(group, name, below, found.refused)
            if item is None or _address(item.id) in seen:
                continue
            seen.add(_address(item.id))
            found.objects[below] = item
            if isinstance(item, h5py.Group):
                waiting.append((below, item.id, depth + 1))
    return found


def find(file: Any, path: str) -> Any:
    """Return the group or dataset at a path, or None if hard links do not lead to one whose values are in this file."""
    item = file["/"]
    for part in path.strip("/").split("/"):
        if not isinstance(item, h5py.Group):
            return None
        item = _open(item.id, part.encode("utf-8", errors="surrogateescape"), path, {}) if part else None
        if item is None:
            return None
    return item


def _address(id: Any) -> tuple[int, Any]:
    info = h5o.get_info(id)
    return info.fileno, info.addr


def _open(group: Any, name: bytes, path: str, refused: dict[str, str]) -> Any:
    """Open one object of a group, unless it is elsewhere; then note it, and return None."""
    try:
        kind = group.links.get_info(name).type
    except (KeyError, ValueError, RuntimeError):
        return None
    if kind != h5l.TYPE_HARD:
        refused[path] = _describe(group, name, kind)
        return None
    opened = h5o.open(group, name)
    if isinstance(opened, h5py.h5g.GroupID):
        return h5py.Group(opened)
    if not isinstance(opened, h5d.DatasetID):
        return None
    created = opened.get_create_plist()
    if created.get_layout() == h5d.VIRTUAL:
        refused[path] = "a virtual dataset"
        return None
    if created.get_external_count():
        refused[path] = f"values in the file {Path(_text(created.get_external(0)[0])).name!r}"
        return None
    return h5py.Dataset(opened)


def _describe(group: Any, name: bytes, kind: int) -> str:
    if kind == h5l.TYPE_SOFT:
        return f"a soft link to {_text(group.links.get_val(name))[:200]}"
    if kind == h5l.TYPE_EXTERNAL:
        return f"a link to the file {_text(group.links.get_val(name)[0])[:200]!r}"
    return "a link of a type that its user defined"


def _text(name: bytes) -> str:
    return name.decode("utf-8", errors="replace")
