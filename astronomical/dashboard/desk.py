"""The desk: the panes of a page, and how they are added, closed, arranged and kept in the project."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator
from functools import partial
from itertools import count
from typing import Any

import panel as pn

from astronomical.config.schema import PaneConfig
from astronomical.dashboard.grid import CLOSE, PaneGrid, PaneItem
from astronomical.dashboard.panes.kinds import PaneContext, PaneKind, pane_kinds
from astronomical.dashboard.panes.plot_links import RangeLinks
from astronomical.dashboard.parts import Message
from astronomical.dashboard.server import OpenProject
from astronomical.dashboard.view import View
from astronomical.dashboard.walk import HistoryWalk
from astronomical.session.arrangement import layout_for
from astronomical.session.lacking import what_to_install

__all__ = ["PaneDesk"]

log = logging.getLogger(__name__)


class PaneDesk(View):
    """The panes of a page.

    Parameters
    ----------
    session
        The project, as this page sees it.
    project
        The project, as the server keeps it.
    walk
        The way through the history.

    Attributes
    ----------
    view
        The grid.
    kinds
        The kinds of panes that there are.
    """

    def __init__(self, session: Any, project: OpenProject, walk: HistoryWalk) -> None:
        super().__init__(session)
        self._project, self._walk = project, walk
        self._links = RangeLinks()
        self.kinds = pane_kinds(session.registry)
        self._panes: dict[str, View] = {}
        self._kinds: dict[str, str] = {}
        self._settings: dict[str, dict[str, Any]] = {}
        panes = session.state.config.layout.panes
        self.view = PaneGrid([self._item(pane) for pane in panes], on_action=self._on_action)
        self._watcher = self.view.param.watch(lambda *_: self._keep(), "positions")

    def close(self) -> None:
        """Close all panes; the project keeps them."""
        super().close()
        self.view.param.unwatch(self._watcher)
        for pane in self._panes.values():
            pane.close()
        self._panes.clear()

    def __iter__(self) -> Iterator[View]:
        return iter(self._panes.values())

    def add(self, kind: str, settings: dict[str, Any] | None = None) -> str:
        """Add a pane in the first free place, and return its id."""
        id = self._free_id(kind)
        size = self.kinds[kind]
        pane = PaneConfig(id=id, kind=kind, x=0, y=0, w=size.w, h=size.h, settings=settings or {})
        self.view.add(self._item(pane, placed=False))
        return id

    def remove(self, id: str) -> None:
        """Close a pane; the others stay as they are."""
        pane = self._panes.pop(id)
        pane.close()
        del self._kinds[id], self._settings[id]
        self.view.remove(id)

    def change(self, id: str, kind: str) -> None:
        """Put a pane of another kind in the place of one."""
        settings = {key: value for key, value in self._settings[id].items() if key in ("colour", "linked")}
        self._panes[id].close()
        x, y, w, h = self.view.positions[id]
        self.view.replace(self._item(PaneConfig(id=id, kind=kind, x=x, y=y, w=w, h=h, settings=settings)))
        self._keep()

    def reset(self) -> None:
        """Close all panes, and open those that a new project starts with."""
        for pane in self._panes.values():
            pane.close()
        for kept in (self._panes, self._kinds, self._settings):
            kept.clear()
        layout = layout_for(self.session.state.config, self.session.dataset)
        self.view.rebuild([self._item(pane) for pane in layout.panes])

    # -- within -------------------------------------------------------------------------------------

    def _item(self, pane: PaneConfig, *, placed: bool = True) -> PaneItem:
        self._kinds[pane.id], self._settings[pane.id] = pane.kind, dict(pane.settings)
        view = self._panes[pane.id] = self._make(pane)
        kind = self.kinds.get(pane.kind)
        title = kind.heading_for(pane.settings) if kind is not None else pane.kind
        place = {"x": pane.x, "y": pane.y} if placed else {}
        actions = (*(kind.actions if kind is not None else ()), CLOSE)
        return PaneItem(pane.id, title, view.view, w=pane.w, h=pane.h, actions=actions, **place)  # type: ignore[attr-defined]

    def _make(self, pane: PaneConfig) -> View:
        """Make a pane; one that cannot be made says so and harms no other."""
        kind: PaneKind | None = self.kinds.get(pane.kind)
        if kind is None:
            plugins = self.session.plugins
            return _BrokenPane(self.session, what_to_install([("plot", pane.kind)], plugins), "warning")
        try:
            return kind.make(PaneContext(self.session, self._project, pane, partial(self._keep_settings, pane.id),
                                         self._walk, partial(self._ask_kind, pane.id), self._links))
        except Exception as error:
            log.exception("the pane %s could not be made", pane.id)
            return _BrokenPane(self.session, f"This pane could not be drawn: {error}")

    def _ask_kind(self, id: str, kind: str) -> None:
        """Change a pane once the event that asked for it is over."""
        if self._kinds.get(id) != kind:
            self.soon(partial(self.change, id, kind))

    def _free_id(self, kind: str) -> str:
        stem = re.sub(r"[^A-Za-z0-9_-]", "-", kind)
        return next(id for n in count(1) if (id := f"{stem}-{n}") not in self._panes)

    def _on_action(self, id: str, action: str) -> None:
        if action == CLOSE.name:
            self.attempt(partial(self.remove, id))
        elif id in self._panes:
            self._panes[id].on_action(action)  # type: ignore[attr-defined]

    def _keep_settings(self, id: str, settings: dict[str, Any]) -> None:
        if id not in self._panes:
            return
        self._settings[id] = settings
        self.view.rename(id, self.kinds[self._kinds[id]].heading_for(settings))
        self._keep()

    def _keep(self) -> None:
        """Keep the arrangement in the project; a page that only follows keeps its own to itself."""
        if self._closed or not self.session.is_writer or set(self.view.positions) != set(self._panes):  # type: ignore[attr-defined]
            return
        panes = [PaneConfig(id=id, kind=self._kinds[id], x=x, y=y, w=w, h=h, settings=self._settings[id])
                 for id, (x, y, w, h) in self.view.positions.items()]
        self.attempt(lambda: self.session.set_layout(panes))


class _BrokenPane(View):
    """Says why there is no pane where one should be."""

    def __init__(self, session: Any, text: str, severity: str = "error") -> None:
        super().__init__(session)
        self.view = pn.Column(Message(text, severity).view, sizing_mode="stretch_both", margin=0)
