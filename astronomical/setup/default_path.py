"""Where a new project is saved unless another file is chosen."""

from __future__ import annotations

import re
from pathlib import Path

from astronomical.catalogue.readers import SUFFIXES
from astronomical.session.project.example import projects_folder

__all__ = ["default_project", "stem_of"]

_FORMAT_END = re.compile(rf"({'|'.join(map(re.escape, SUFFIXES))})+$", re.IGNORECASE)
_SPECIAL = re.compile(r"[*?\[\]]")


def default_project(stem: str) -> Path:
    """Return the default project file, in a folder of its own."""
    folder, n = projects_folder() / stem, 2
    while (folder / f"{stem}.yaml").exists():
        folder, n = projects_folder() / f"{stem}-{n}", n + 1
    return folder / f"{stem}.yaml"


def stem_of(path: Path) -> str:
    """Return the name of a table without its format extensions; that of the folder for a pattern of names."""
    name = path.parent.name if _SPECIAL.search(path.name) else path.name
    return _FORMAT_END.sub("", name) or "project"
