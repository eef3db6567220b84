"""A page with the label panel, the keys and *Save* of the workbench alone, which is built in a fraction of the time."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import panel as pn

from astronomical.dashboard.page.keys import KeyListener, KeyPress
from astronomical.dashboard.panes.learner.label_panel import LabelPanelView
from astronomical.dashboard.server.tabs import OpenProject, ProjectTab, registry
from astronomical.dashboard.ui.safe_text import Html, Markup
from astronomical.dashboard.ui.session_view import SessionView

#: The app, to be written into a folder: the name of the project is filled in.
MAIN = "from tests.support.label_page import serve_page\nserve_page({path!r})\n"


class LabelPage(SessionView):
    """Labels a project by keys, as the workbench does."""

    def __init__(self, project: OpenProject) -> None:
        self._tab = ProjectTab(project, lambda: None)
        super().__init__(self._tab.session)
        project.tabs.append(self._tab)
        project.elect(self._tab)
        labels = self.session.state.config.label_keys
        self._names = {key: name for name, key in labels.items()}
        self._keys = KeyListener(self._on_key, keys=list(self._names), labels=list(self._names))
        self._id = Html()
        self._save = pn.widgets.Button(name="Save")
        self._save.on_click(lambda _: self.run_command(self.session.files.save_async))
        panel = LabelPanelView(self.session, lambda: None)
        self.view = pn.Column(self._keys, self._id, self._save, panel.view)
        self.follow(self._show_focus, "focus", first=True)
        self._show_focus()

    def _show_focus(self) -> None:
        focus = self.session.state.focus or ""
        self._keys.shown, self._id.object = focus, Markup('<span class="id">{}</span>').format(focus)

    def _on_key(self, press: KeyPress) -> None:
        self.run_command(partial(self.session.assign, self._names[press.key], id=press.source))


def serve_page(path: str) -> None:
    """Show the page once the project is open."""
    pn.extension()
    column = pn.Column().servable()

    async def show() -> None:
        column.append(LabelPage(await registry().open(Path(path), lambda *_: None)).view)

    pn.state.onload(show)
