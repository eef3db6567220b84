"""The workbench of an open project inside a notebook."""

from __future__ import annotations

from typing import Any

import panel as pn
import param
from tornado.ioloop import IOLoop

from astronomical.dashboard.page.open_card import OpenRequest
from astronomical.dashboard.page.workbench import Workbench
from astronomical.dashboard.server import panel_patches
from astronomical.dashboard.server.tabs import OpenProject
from astronomical.dashboard.ui.safe_text import Html
from astronomical.session import Session

__all__ = ["workbench_view"]

#: The buttons of the header are white, as on a page.
_HEADER = {"background": "#0f4c75", "color": "#fff", "padding": "4px 8px"}
_LEFT = "The workbench is closed; the project is still open. Run the cell again to show it."


class _Theme(param.Parameterized):
    """The theme of a view, in place of that of a page."""

    dark_theme = param.Boolean(default=False)


class InlineWorkbench:
    """The workbench of a session that Python code shares.

    The event loop of the kernel runs it. While a cell runs, the view waits.

    Parameters
    ----------
    session
        The project.
    height
        Height in px.

    Attributes
    ----------
    view
        Panel object to show.
    """

    def __init__(self, session: Session, height: int) -> None:
        self._session = session
        self._project: OpenProject | None = None
        self._theme = _Theme(dark_theme=session.state.config.layout.theme == "dark")
        self._workbench: Workbench | None = None
        self.view: Any = pn.Column(height=height, sizing_mode="stretch_width", margin=0)
        self._show()

    def _show(self) -> None:
        self._close()
        # One for each view: every view may change the project, as Python code may.
        self._project = OpenProject(self._session, _soon)
        self._workbench = Workbench(
            self._project, self._theme, on_leave=self._leave, on_renew=self._show, on_open=self._name
        )
        self._workbench.tab.take_over()
        self.view.objects = [
            pn.Row(self._workbench.header, sizing_mode="stretch_width", margin=0, styles=_HEADER),
            self._workbench.view,
        ]

    def _leave(self) -> None:
        self._close()
        self.view.objects = [Html(_LEFT)]

    def _name(self, request: OpenRequest) -> None:
        """Say how to open another project: the code of the notebook decides what is open."""
        self._session.notify(f"Open it in a cell: open_project({str(request.path)!r})", "info")

    def _close(self) -> None:
        if self._workbench is not None and self._project is not None:
            self._workbench.close()
            self._project.services.close()
            self._project.samp.close()
            self._workbench = self._project = None


def workbench_view(session: Session, height: int = 800) -> Any:
    """Return the workbench of a session as a Panel object; see `Session.view`."""
    pn.extension("gridstack", "tabulator", notifications=False)
    panel_patches.install()
    return InlineWorkbench(session, height).view


def _soon(action: Any) -> None:
    IOLoop.current().add_callback(action)
