"""What went wrong in a plot, in words for its author: the error, and the line of his file."""

from __future__ import annotations

import inspect
import linecache
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

import holoviews as hv
import panel as pn
import param
from bokeh.models import Spacer
from holoviews.core.spaces import get_nested_dmaps
from panel.pane.base import RerenderError

__all__ = ["GuardedPlot", "author_error", "check_element", "guard_updates"]


def check_element(element: Any, plot: Any) -> None:
    """Refuse what is no HoloViews element.

    Raises
    ------
    TypeError
        Naming what was returned instead, and by which function.
    """
    if not isinstance(element, hv.core.Dimensioned):
        raise TypeError(f"the plot returned {type(element).__name__}, not a HoloViews element")


def author_error(error: BaseException, plot: Any) -> str:
    """Return the error and the innermost line of the author's file, or the plot's own line if none was reached."""
    what = f"{type(error).__name__}: {error}"
    try:
        file, first = inspect.getsourcefile(plot) or "", inspect.getsourcelines(plot)[1]
    except (OSError, TypeError):  # no source, as of a function typed into a notebook
        return what
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if frame.filename == file]
    line = frames[-1].lineno or first if frames else first
    code = linecache.getline(file, line).strip()
    return f"{what}\n{Path(file).name}, line {line}: {code}"


def guard_updates(element: Any, plot: Any, on_error: Callable[[Exception], None]) -> None:
    """Let a plot that changes by itself, as with its ranges, tell of a mistake that shows only then.

    HoloViews calls the functions of DynamicMaps from its own callbacks, where an exception would reach only the
    console. In its place the plot shows what it showed before.

    Parameters
    ----------
    element
        What the plot returned.
    plot
        The plot.
    on_error
        Called with the error.
    """
    found = [inner for dmap in element.traverse(lambda part: part, [hv.DynamicMap])
             for inner in get_nested_dmaps(dmap)]
    for callback in {id(dmap.callback): dmap.callback for dmap in found}.values():
        with param.edit_constant(callback):
            callback.callable = _guarded(callback.callable, plot, on_error)


def _guarded(function: Callable[..., Any], plot: Any, on_error: Callable[[Exception], None]) -> Callable[..., Any]:
    shown: list[Any] = []

    def guarded(*args: Any, **kwargs: Any) -> Any:
        try:
            made = function(*args, **kwargs)
            check_element(made, plot)
        except Exception as error:
            if not shown:  # then the plot is just being drawn for the first time
                raise
            on_error(error)
            return shown[0]
        shown[:] = [made]
        return made

    guarded.__signature__ = inspect.signature(function)  # type: ignore[attr-defined]  # HoloViews reads it
    return guarded


class GuardedPlot(pn.pane.HoloViews):
    """Shows an element; what its author got wrong, seen only when it is drawn, harms nothing else in the page.

    Parameters
    ----------
    element
        The element.
    on_error
        Called with the error.
    """

    def __init__(self, element: Any, on_error: Callable[[Exception], None], **params: Any) -> None:
        self._on_error = on_error
        super().__init__(element, **params)

    def _get_model(self, doc: Any, root: Any = None, parent: Any = None, comm: Any = None) -> Any:
        try:
            return super()._get_model(doc, root, parent, comm)
        except RerenderError:
            raise
        except Exception as error:
            if root is None:  # then Panel calls this method once more, with a root
                raise
            self._on_error(error)
            model = Spacer()
            self._models[root.ref["id"]] = (model, parent)
            return model
