"""Act as if libraries were not installed."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Sequence
from importlib.machinery import ModuleSpec
from typing import Any


class Installed:
    """Find modules as before, except for some top-level modules; takes the place of all of ``sys.meta_path``."""

    def __init__(self, finders: Iterable[Any], without: Sequence[str]) -> None:
        self._finders = tuple(finders)
        self._without = frozenset(without)

    def find_spec(self, name: str, path: Sequence[str] | None = None, target: Any = None) -> ModuleSpec | None:
        """Return where a module is, or None if it counts as absent."""
        if name.partition(".")[0] in self._without:
            return None
        return next(filter(None, (finder.find_spec(name, path, target) for finder in self._finders)), None)

    def find_distributions(self, *args: Any, **kwargs: Any) -> Iterator[Any]:
        """Yield the metadata of distributions, as importlib.metadata asks for it."""
        for finder in self._finders:
            if hasattr(finder, "find_distributions"):
                yield from finder.find_distributions(*args, **kwargs)


def code_without(modules: Sequence[str], code: str) -> list[str]:
    """Return the command of a new process that runs code without some modules."""
    lines = (
        "import sys",
        "from tests.support.without import Installed",
        f"sys.meta_path[:] = [Installed(sys.meta_path, {list(modules)})]",
        code,
    )
    return [sys.executable, "-c", "\n".join(lines)]
