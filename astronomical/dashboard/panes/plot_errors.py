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
from bokeh.models import Spacer
from panel.pane.base import RerenderError

__all__ = ["GuardedPlot", "author_error", "check_element"]


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
