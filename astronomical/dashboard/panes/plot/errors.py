"""Errors of a plot in a form for its author: the error, and the line of the file."""

from __future__ import annotations

import inspect
import linecache
import traceback
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import holoviews as hv
import panel as pn
import param
from bokeh.models import Spacer
from holoviews.core.spaces import get_nested_dmaps
from panel.pane.base import RerenderError

from astronomical.tasks import GivenUpError, Workers

__all__ = ["GuardedPlot", "author_error", "check_element", "guard_updates"]

#: Maximum time in s to wait for the update of a dynamic plot of a plugin. HoloViews cannot update it later.
_UPDATE_S = 2.0


def check_element(element: Any, plot: Any) -> None:
    """Check that an element is a HoloViews element.

    Raises
    ------
    TypeError
        If it is not; the message names its type and the function that returned it.
    """
    if not isinstance(element, hv.core.Dimensioned):
        raise TypeError(f"the plot returned {type(element).__name__}, not a HoloViews element")


def author_error(error: BaseException, plot: Any) -> str:
    """Return the error and the innermost line of the author's file, or the first line of the plot if there is none."""
    if isinstance(error, GivenUpError):
        return str(error)
    what = f"{type(error).__name__}: {error}"
    try:
        file, first = inspect.getsourcefile(plot) or "", inspect.getsourcelines(plot)[1]
    except (OSError, TypeError):  # no source file, for example for a function in a notebook
        return what
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if frame.filename == file]
    line = frames[-1].lineno or first if frames else first
    code = linecache.getline(file, line).strip()
    return f"{what}\n{Path(file).name}, line {line}: {code}"


def guard_updates(element: Any, plot: Any, on_error: Callable[[Exception], None], *, limited: bool = False) -> None:
    """Report errors of a dynamic plot that occur in later updates, for example when its ranges change.

    HoloViews calls the functions of DynamicMaps from its own callbacks, where an exception would appear only in the
    console. After an error, the plot keeps its previous content.

    Parameters
    ----------
    element
        The element that the plot returned.
    plot
        The plot.
    on_error
        Called with the error.
    limited
        Whether to give up updates that take too long, because the page waits for them.
    """
    found = [inner for dmap in element.traverse(lambda part: part, [hv.DynamicMap]) for inner in get_nested_dmaps(dmap)]
    for callback in {id(dmap.callback): dmap.callback for dmap in found}.values():
        with param.edit_constant(callback):
            callback.callable = _guarded(callback.callable, plot, on_error, limited)


def _guarded(
    function: Callable[..., Any], plot: Any, on_error: Callable[[Exception], None], limited: bool
) -> Callable[..., Any]:
    shown: list[Any] = []
    workers = Workers("plot update", give_up_s=_UPDATE_S, spare=1)

    def guarded(*args: Any, **kwargs: Any) -> Any:
        try:
            if limited and shown:  # the first image is created in a thread
                made = workers.run(partial(function, *args, **kwargs), "An update of the plot")
            else:
                made = function(*args, **kwargs)
            check_element(made, plot)
        except Exception as error:
            if not shown:  # the plot is being drawn for the first time
                raise
            on_error(error)
            return shown[0]
        shown[:] = [made]
        return made

    guarded.__signature__ = inspect.signature(function)  # type: ignore[attr-defined]  # HoloViews reads it
    return guarded


class GuardedPlot(pn.pane.HoloViews):
    """Pane for an element. An error that occurs while it is drawn does not affect the rest of the page.

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
            if root is None:  # Panel will call this method again with a root
                raise
            self._on_error(error)
            model = Spacer()
            self._models[root.ref["id"]] = (model, parent)
            return model
