"""Replace the content of a plot, so that the page need not build a new figure for each source."""

from __future__ import annotations

from typing import Any

import holoviews as hv
from holoviews.plotting.util import initialize_dynamic

__all__ = ["PlotInPlace"]

#: Options whose change does not need a new figure.
_RANGES = ("xlim", "ylim", "framewise", "hooks")


class PlotInPlace:
    """The element of a plot that follows the selected source.

    A new element replaces the old one within the figure if it differs in its data and ranges only.
    """

    def __init__(self) -> None:
        self._pipe: hv.streams.Pipe | None = None
        self._form: object = None

    def start(self, element: Any) -> Any:
        """Return what to draw for the first element; one that updates itself is drawn as it is."""
        if isinstance(element, hv.DynamicMap):
            return element
        self._form = _form(element)
        self._pipe = hv.streams.Pipe(data=_with_own_ranges(element))
        drawn = hv.DynamicMap(lambda data: data, streams=[self._pipe])
        initialize_dynamic(drawn)
        return drawn

    def replace(self, element: Any) -> bool:
        """Show another element in the same figure, and return whether that is possible."""
        if self._pipe is None or isinstance(element, hv.DynamicMap) or _form(element) != self._form:
            return False
        self._pipe.send(_with_own_ranges(element))
        return True

    def release(self) -> None:
        """Forget the figure."""
        self._pipe = self._form = None


def _form(element: Any) -> object:
    """Return what a figure is built from, besides data and ranges."""
    found = []
    for part in element.traverse(lambda part: part):
        plain = {
            group: {key: repr(value) for key, value in _options(part, group).items() if key not in _RANGES}
            for group in ("plot", "style")
        }
        found.append((type(part), [(dim.name, dim.label, dim.unit) for dim in part.dimensions()], plain))
    return found


def _options(element: Any, group: str) -> dict[str, Any]:
    options: dict[str, Any] = hv.Store.lookup_options("bokeh", element, group).kwargs
    return options


def _with_own_ranges(element: Any) -> Any:
    """Return an element whose ranges do not depend on those shown before it."""
    kinds = {type(part).__name__ for part in element.traverse(lambda part: part)}
    return element.opts([hv.Options(kind, framewise=True) for kind in sorted(kinds)], clone=True)
