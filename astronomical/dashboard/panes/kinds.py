"""The kinds of panes that can be put on the screen."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from astronomical.config.schema import PaneConfig
from astronomical.dashboard.grid import PaneAction
from astronomical.dashboard.panes.classes import ClassesPane
from astronomical.dashboard.panes.history import HistoryPane
from astronomical.dashboard.panes.learning import LearningPane
from astronomical.dashboard.panes.plot import PlotPane
from astronomical.dashboard.panes.plot_links import RangeLinks
from astronomical.dashboard.panes.remarks import RemarksView
from astronomical.dashboard.panes.selection import SelectionPane
from astronomical.dashboard.panes.source import SourcePane
from astronomical.dashboard.server import OpenProject
from astronomical.dashboard.view import View
from astronomical.dashboard.walk import HistoryWalk
from astronomical.extend import Extension
from astronomical.plugins.registry import Registry, builtin_registry
from astronomical.session.session import Session

__all__ = ["PANE_KINDS", "PaneContext", "PaneKind", "pane_kinds"]

Settings = Mapping[str, Any]


@dataclass(frozen=True)
class PaneContext:
    """What a pane is made from.

    Parameters
    ----------
    session
        The project, as this page sees it.
    project
        The project, as the server keeps it, with its services.
    config
        Kind, place and settings of the pane.
    keep_settings
        Called with the new settings of the pane when the user has changed any.
    walk
        The way through the history, shared by all panes of the page.
    change_kind
        Called with the name of the kind of pane that is to take the place of this one.
    links
        The plots of the page that may share their ranges.
    """

    session: Session
    project: OpenProject
    config: PaneConfig
    keep_settings: Callable[[dict[str, Any]], None]
    walk: HistoryWalk
    change_kind: Callable[[str], None]
    links: RangeLinks


@dataclass(frozen=True)
class PaneKind:
    """A kind of pane.

    Parameters
    ----------
    title
        What the menu calls it.
    help
        What it shows, in one sentence for the menu.
    make
        Makes a pane: a `View` whose attribute ``view`` fills it.
    w, h
        Width and height of a new pane, in grid cells.
    heading
        What stands in the head of a pane with some settings; by default the title.
    actions
        Buttons of the head beside that which closes the pane; the view's ``on_action`` is called with their names.
    """

    title: str
    help: str
    make: Callable[[PaneContext], View]
    w: int = 3
    h: int = 5
    heading: Callable[[Settings], str] | None = None
    actions: tuple[PaneAction, ...] = ()

    def heading_for(self, settings: Settings) -> str:
        """Return what stands in the head of a pane."""
        return (self.heading(settings) if self.heading is not None else "") or self.title


SETTINGS = PaneAction("settings", "Columns and settings of this plot",
                      "M4 7h10v2H4zm12-2h2v2h2v2h-2v2h-2zM4 15h4v2H4zm6-2h2v2h8v2h-8v2h-2z")


def _axes_heading(settings: Settings) -> str:
    x, y = settings.get("x"), settings.get("y")
    return f"{y} against {x}" if x and y else ""


PANE_KINDS: dict[str, PaneKind] = {
    "learning": PaneKind(
        "Learning", "Label what a learner asks for, and watch its scores and its confidence.",
        lambda context: LearningPane(context.session), w=7, h=7),
    "source": PaneKind(
        "Selected source", "Labels, values, images and spectrum of the source that has the focus; search for others "
        "by id, name or position.",
        lambda context: SourcePane(context.session, context.project.services, context.config, context.walk,
                                   context.keep_settings, context.project.samp), w=5, h=7),
    "notes": PaneKind(
        "Notes", "A note, tags and a flag for the source shown, and all sources that have any.",
        lambda context: RemarksView(context.session), w=4, h=6),
    "table": PaneKind(
        "Selection", "The sources selected by box or lasso: sort, filter, show one, or label them all.",
        lambda context: SelectionPane(context.session, context.config, context.keep_settings), w=5, h=6),
    "classes": PaneKind(
        "Classes together", "What all learners say of the source shown, and the sources that none or several claim.",
        lambda context: ClassesPane(context.session), w=5, h=6),
    "history": PaneKind(
        "History", "All answers, newest first; see their sources again, and give them other labels.",
        lambda context: HistoryPane(context.session), w=6, h=6),
}


def _plot_kind(extension: Extension) -> PaneKind:
    return PaneKind(extension.title, extension.help,
                    lambda context: PlotPane(context.session, context.config, context.keep_settings,
                                             context.change_kind, context.links),
                    heading=_axes_heading if extension.name == "basic" else None, actions=(SETTINGS,))


def pane_kinds(registry: Registry) -> dict[str, PaneKind]:
    """Return all kinds of panes: those of the package, then the plots of plugins."""
    plots = {entry.extension.name: _plot_kind(entry.extension) for entry in registry.entries("plot")}
    return {**PANE_KINDS, **{name: kind for name, kind in plots.items() if name not in PANE_KINDS}}


PANE_KINDS |= {entry.extension.name: _plot_kind(entry.extension) for entry in builtin_registry().entries("plot")}
