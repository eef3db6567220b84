"""Panes of a page: add, close and arrange them, and save the layout in the project."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from itertools import count
from typing import Any

import panel as pn

from astronomical.config.schema import PaneConfig
from astronomical.dashboard.panes.pane_grid import PaneGrid
from astronomical.dashboard.panes.pane_item import CLOSE, PaneItem
from astronomical.dashboard.panes.places import Place
from astronomical.dashboard.panes.plot.linked_ranges import RangeLinks
from astronomical.dashboard.panes.registry import PaneContext, PaneKind, pane_kinds
from astronomical.dashboard.panes.selection_actions import SelectionActions
from astronomical.dashboard.panes.sheet.cursor import SheetCursor
from astronomical.dashboard.panes.sheet.pane import SHOW
from astronomical.dashboard.server.tabs import OpenProject
from astronomical.dashboard.ui.components import Message
from astronomical.dashboard.ui.history_navigation import HistoryWalk
from astronomical.dashboard.ui.session_view import SessionView
from astronomical.errors import explain
from astronomical.session import Session
from astronomical.session.evaluation.contact_sheet import SheetKind
from astronomical.session.project.arrangements import arranged
from astronomical.session.project.default_layout import layout_for
from astronomical.session.project.missing_plugins import what_to_install

__all__ = ["PaneManager"]

log = logging.getLogger(__name__)

#: Kinds of panes that are updated even while they are out of view.
_ALWAYS_AWAKE = ("learning", "source")
#: Number of grid rows that fill the page.
_FIRST_SCREEN = 12


class PaneManager(SessionView):
    """The panes of a page.

    Parameters
    ----------
    session
        The project, as seen by this page.
    project
        The project, as held by the server.
    walk
        Navigation through the history.

    Attributes
    ----------
    view
        The grid.
    kinds
        The available kinds of panes.
    selection
        Actions on the selected sources.
    sheet
        Which contact sheet has the keyboard.
    """

    def __init__(self, session: Session, project: OpenProject, walk: HistoryWalk) -> None:
        super().__init__(session)
        self._project, self._walk = project, walk
        self._links = RangeLinks()
        self.kinds = pane_kinds(session.registry)
        self._panes: dict[str, SessionView] = {}
        self._kinds: dict[str, str] = {}
        self._settings: dict[str, dict[str, Any]] = {}
        #: The newest places in the labelling layout (True) and in another one (False).
        self._before: dict[bool, dict[str, Place]] = {}
        self.sheet = SheetCursor()
        self.selection = SelectionActions(session, project.samp, self.show_kind, self.show_sheet)
        panes = session.state.config.layout.panes
        self.view = PaneGrid([self._item(pane) for pane in panes], on_action=self._on_action)
        self._watcher = self.view.param.watch(lambda *_: self._keep(), "positions")
        self._sight = self.view.param.watch(lambda *_: self._rest_unseen(), "in_view")

    def close(self) -> None:
        """Close all panes. The layout in the project is not changed."""
        super().close()
        self.selection.close()
        self.view.param.unwatch(self._watcher)
        self.view.param.unwatch(self._sight)
        for pane in self._panes.values():
            pane.close()
        self._panes.clear()

    def __iter__(self) -> Iterator[SessionView]:
        return iter(self._panes.values())

    def add(self, kind: str, settings: dict[str, Any] | None = None) -> str:
        """Add a pane at the first free position, and return its id."""
        id = self._free_id(kind)
        size = self.kinds[kind]
        pane = PaneConfig(id=id, kind=kind, x=0, y=0, w=size.w, h=size.h, settings=settings or {})
        self.view.add(self._item(pane, placed=False))
        return id

    def show_kind(self, kind: str) -> None:
        """Scroll to the first pane of a kind, or add one."""
        there = self._pane_of(kind)
        if there is None:
            self.add(kind)
        else:
            self.view.reveal(there)

    def show_sheet(self, kind: SheetKind) -> None:
        """Show a list of sources in the first contact sheet, or in a new one."""
        there = self._pane_of("sheet")
        if there is None:
            self.add("sheet", {"kind": kind})
        else:
            self.view.reveal(there)
            self._panes[there].on_action(f"{SHOW}{kind}")  # type: ignore[attr-defined]

    def remove(self, id: str) -> None:
        """Close a pane. The others are not changed."""
        pane = self._panes.pop(id)
        pane.close()
        del self._kinds[id], self._settings[id]
        self.view.remove(id)

    def change(self, id: str, kind: str) -> None:
        """Replace a pane by one of another kind."""
        settings = {key: value for key, value in self._settings[id].items() if key in ("colour", "equalised", "linked")}
        self._panes[id].close()
        x, y, w, h = self.view.positions[id]
        self.view.replace(self._item(PaneConfig(id=id, kind=kind, x=x, y=y, w=w, h=h, settings=settings)))
        self._keep()

    def switch_arrangement(self) -> None:
        """Arrange the panes for labelling, or if they are already, as before; without a before, for an overview."""
        panes, places = self._panes_shown(), self.view.positions
        labelling = _places(arranged(panes, "labelling"))
        central = [pane.id for pane in panes if pane.kind in ("learning", "source")]
        is_labelling = all(places[id] == labelling[id] for id in central) and (central or places == labelling)
        wanted = _places(arranged(panes, "overview")) if is_labelling else labelling
        before = self._before.get(not is_labelling, {})
        self._before[bool(is_labelling)] = places
        self.view.positions = before if before.keys() == places.keys() else wanted

    def reset(self) -> None:
        """Close all panes, and restore the layout of a new project."""
        for pane in self._panes.values():
            pane.close()
        for kept in (self._panes, self._kinds, self._settings):
            kept.clear()
        layout = layout_for(self.session.state.config, self.session.dataset)
        self.view.rebuild([self._item(pane) for pane in layout.panes])

    # -- private ------------------------------------------------------------------------------------

    def _item(self, pane: PaneConfig, *, placed: bool = True) -> PaneItem:
        self._kinds[pane.id], self._settings[pane.id] = pane.kind, dict(pane.settings)
        late = placed and self.is_served and pane.y >= _FIRST_SCREEN and pane.kind not in _ALWAYS_AWAKE
        make = partial(self._make, pane)
        view = self._panes[pane.id] = _LatePane(self.session, make) if late else make()
        kind = self.kinds.get(pane.kind)
        title = kind.heading_for(pane.settings) if kind is not None else pane.kind
        place = {"x": pane.x, "y": pane.y} if placed else {}
        actions = (*(kind.actions if kind is not None else ()), CLOSE)
        return PaneItem(pane.id, title, view.view, w=pane.w, h=pane.h, actions=actions, **place)  # type: ignore[attr-defined]

    def _make(self, pane: PaneConfig) -> SessionView:
        """Create a pane. If that fails, return a pane with the error, so that the others still work."""
        kind: PaneKind | None = self.kinds.get(pane.kind)
        if kind is None:
            plugins = self.session.plugins
            return _BrokenPane(self.session, what_to_install([("plot", pane.kind)], plugins), "warning")
        try:
            return kind.make(
                PaneContext(
                    self.session,
                    self._project,
                    pane,
                    partial(self._keep_settings, pane.id),
                    self._walk,
                    partial(self._ask_kind, pane.id),
                    self._links,
                    self.selection.run,
                    self.sheet,
                    self.show_sheet,
                )
            )
        except Exception as error:
            return _BrokenPane(self.session, f"This pane could not be created: {explain(error)}")

    def _rest_unseen(self) -> None:
        """Update only the panes in view; labels can be given while the learner is out of view, so it is updated too."""
        seen = self.view.in_view.split()
        for id, pane in self._panes.items():
            if id in seen or self._kinds[id] in _ALWAYS_AWAKE:
                pane.wake()
            elif seen:
                pane.sleep()

    def _ask_kind(self, id: str, kind: str) -> None:
        """Change a pane after the current event has been handled."""
        if self._kinds.get(id) != kind:
            self.call_soon(partial(self.change, id, kind))

    def _pane_of(self, kind: str) -> str | None:
        """Return the first pane of a kind, if there is one."""
        return next((id for id, found in self._kinds.items() if found == kind), None)

    def _free_id(self, kind: str) -> str:
        stem = re.sub(r"[^A-Za-z0-9_-]", "-", kind)
        return next(id for n in count(1) if (id := f"{stem}-{n}") not in self._panes)

    def _on_action(self, id: str, action: str) -> None:
        if action == CLOSE.name:
            self.run_command(partial(self.remove, id))
        elif id in self._panes:
            self._panes[id].on_action(action)  # type: ignore[attr-defined]

    def _keep_settings(self, id: str, settings: dict[str, Any]) -> None:
        if id not in self._panes:
            return
        self._settings[id] = settings
        self.view.rename(id, self.kinds[self._kinds[id]].heading_for(settings))
        self._keep()

    def _keep(self) -> None:
        """Save the layout in the project, unless this page is read-only."""
        if self.session.read_only or self.session.state.conflict is not None:
            return
        if self._closed or not self.session.may_change or set(self.view.positions) != set(self._panes):
            return
        panes = self._panes_shown()
        self.run_command(lambda: self.session.settings.set_layout(panes))

    def _panes_shown(self) -> list[PaneConfig]:
        return [
            PaneConfig(id=id, kind=self._kinds[id], x=x, y=y, w=w, h=h, settings=self._settings[id])
            for id, (x, y, w, h) in self.view.positions.items()
        ]


def _places(panes: Iterable[PaneConfig]) -> dict[str, Place]:
    return {pane.id: (pane.x, pane.y, pane.w, pane.h) for pane in panes}


class _LatePane(SessionView):
    """A pane below the first screen of the page: it is created when it comes into view, so that a page opens sooner."""

    def __init__(self, session: Session, make: Callable[[], SessionView]) -> None:
        super().__init__(session)
        self._make = make
        self._made: SessionView | None = None
        self.view = pn.Column(sizing_mode="stretch_both", margin=0)

    def wake(self) -> None:
        """Create the pane, or update it."""
        if self._made is not None:
            self._made.wake()
            return
        self._made = self._make()
        self.view.objects = [self._made.view]  # type: ignore[attr-defined]

    def sleep(self) -> None:
        """Follow no changes, because the pane is out of sight."""
        if self._made is not None:
            self._made.sleep()

    def close(self) -> None:
        """Close the pane."""
        super().close()
        if self._made is not None:
            self._made.close()

    def on_action(self, action: str) -> None:
        """Pass on that a button in the header was pressed."""
        self.wake()
        self._made.on_action(action)  # type: ignore[union-attr]


class _BrokenPane(SessionView):
    """Message in place of a pane that could not be created."""

    def __init__(self, session: Session, text: str, severity: str = "error") -> None:
        super().__init__(session)
        self.view = pn.Column(Message(text, severity).view, sizing_mode="stretch_both", margin=0)
