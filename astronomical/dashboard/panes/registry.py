"""Registry of the kinds of panes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from astronomical.config.schema import PaneConfig
from astronomical.dashboard.panes.learner.class_guide import ClassGuidePane
from astronomical.dashboard.panes.learner.pane import LearningPane
from astronomical.dashboard.panes.pane_item import PaneAction
from astronomical.dashboard.panes.plot.all_sources import AllSourcesPane
from astronomical.dashboard.panes.plot.linked_ranges import RangeLinks
from astronomical.dashboard.panes.plot.pane import PlotPane
from astronomical.dashboard.panes.sheet.cursor import SheetCursor
from astronomical.dashboard.panes.sheet.pane import ContactSheetPane
from astronomical.dashboard.panes.source.annotations import RemarksView
from astronomical.dashboard.panes.source.pane import SourcePane
from astronomical.dashboard.panes.tables.class_comparison import ClassesPane
from astronomical.dashboard.panes.tables.history import HistoryPane
from astronomical.dashboard.panes.tables.selection import SelectionPane
from astronomical.dashboard.server.tabs import OpenProject
from astronomical.dashboard.ui.history_navigation import HistoryWalk
from astronomical.dashboard.ui.session_view import SessionView
from astronomical.extend import Extension
from astronomical.plugins.registry import Registry, builtin_registry
from astronomical.session import Session
from astronomical.session.evaluation.contact_sheet import SheetKind

__all__ = ["PANE_KINDS", "PaneContext", "PaneKind", "pane_kinds"]

Settings = Mapping[str, Any]


@dataclass(frozen=True)
class PaneContext:
    """Arguments from which a pane is created.

    Parameters
    ----------
    session
        The project, as seen by this page.
    project
        The project, as held by the server, with its services.
    config
        Kind, position and settings of the pane.
    keep_settings
        Called with the new settings when the user changes them.
    walk
        Navigation through the history, shared by all panes of the page.
    change_kind
        Called with the name of the kind of pane that replaces this one.
    links
        Links between the plots of the page that share their ranges.
    on_selection
        Called with the name of an action on the selected sources, see `SelectionAction`.
    sheet
        Which contact sheet of the page has the keyboard.
    show_sheet
        Shows a list of sources, see `SheetKind`, in a contact sheet.
    """

    session: Session
    project: OpenProject
    config: PaneConfig
    keep_settings: Callable[[dict[str, Any]], None]
    walk: HistoryWalk
    change_kind: Callable[[str], None]
    links: RangeLinks
    on_selection: Callable[[str], None]
    sheet: SheetCursor
    show_sheet: Callable[[SheetKind], None]


@dataclass(frozen=True)
class PaneKind:
    """A kind of pane.

    Parameters
    ----------
    title
        Title in the menu.
    help
        Description in the menu, in one sentence.
    make
        Creates a pane: a `SessionView` whose attribute ``view`` fills it.
    w, h
        Width and height of a new pane, in grid cells.
    heading
        Returns the header text for some settings; by default the title.
    actions
        Buttons in the header besides the close button. The view's ``on_action`` is called with their names.
    is_of_use
        Returns whether the menu offers it for a project.
    """

    title: str
    help: str
    make: Callable[[PaneContext], SessionView]
    w: int = 3
    h: int = 5
    heading: Callable[[Settings], str] | None = None
    actions: tuple[PaneAction, ...] = ()
    is_of_use: Callable[[Session], bool] = lambda session: True

    def heading_for(self, settings: Settings) -> str:
        """Return the header text of a pane."""
        return (self.heading(settings) if self.heading is not None else "") or self.title


SETTINGS = PaneAction(
    "settings",
    "Columns and settings of this plot",
    "M4 7h10v2H4zm12-2h2v2h2v2h-2v2h-2zM4 15h4v2H4zm6-2h2v2h8v2h-8v2h-2z",
)


def _axes_heading(settings: Settings) -> str:
    x, y = settings.get("x"), settings.get("y")
    return f"{y} against {x}" if x and y else ""


PANE_KINDS: dict[str, PaneKind] = {
    "learning": PaneKind(
        "Learning",
        "Label the queries of a learner, and watch its scores and confidence.",
        lambda context: LearningPane(context.session, context.show_sheet),
        w=7,
        h=7,
    ),
    "source": PaneKind(
        "Selected source",
        "Labels, values, images and spectrum of the selected source; search for others by id, name or position.",
        lambda context: SourcePane(
            context.session,
            context.project.services,
            context.config,
            context.walk,
            context.keep_settings,
            context.project.samp,
            context.show_sheet,
        ),
        w=5,
        h=7,
    ),
    "sheet": PaneKind(
        "Contact sheet",
        "Images of many sources side by side: queries, selection, similar sources or suspects. Label them with keys.",
        lambda context: ContactSheetPane(
            context.session, context.project.services.tiles, context.config, context.keep_settings, context.sheet
        ),
        w=7,
        h=7,
    ),
    "notes": PaneKind(
        "Notes",
        "Note, tags and flag of the selected source, and a list of all sources that have any.",
        lambda context: RemarksView(context.session),
        w=4,
        h=6,
    ),
    "table": PaneKind(
        "Selection",
        "Sources selected by box or lasso: sort and filter them, show one, or label all of them.",
        lambda context: SelectionPane(context.session, context.config, context.keep_settings),
        w=5,
        h=6,
    ),
    "classes": PaneKind(
        "All classes",
        "Probabilities of the selected source by all learners, and lists of ambiguous and unclaimed sources.",
        lambda context: ClassesPane(context.session),
        w=5,
        h=6,
    ),
    "guide": PaneKind(
        "Class guide",
        "How to recognise the sources of each class: a text and examples, which every annotator sees.",
        lambda context: ClassGuidePane(context.session),
        w=4,
        h=6,
    ),
    "all_sources": PaneKind(
        "All sources",
        "Two columns of all sources of the catalogue, also of those that are not in memory.",
        lambda context: AllSourcesPane(context.session, context.config, context.keep_settings),
        w=5,
        h=6,
        heading=lambda settings: f"All sources: {text}" if (text := _axes_heading(settings)) else "",
        is_of_use=lambda session: session.whole.is_larger,
    ),
    "history": PaneKind(
        "History",
        "All labels, newest first; show their sources again, and change the labels.",
        lambda context: HistoryPane(context.session),
        w=6,
        h=6,
    ),
}


def _plot_kind(extension: Extension) -> PaneKind:
    return PaneKind(
        extension.title,
        extension.help,
        lambda context: PlotPane(
            context.session,
            context.config,
            context.keep_settings,
            context.change_kind,
            context.links,
            context.on_selection,
        ),
        heading=_axes_heading if extension.name == "basic" else None,
        actions=(SETTINGS,),
    )


def pane_kinds(registry: Registry) -> dict[str, PaneKind]:
    """Return all kinds of panes: those of this package, then the plots of plugins."""
    plots = {entry.extension.name: _plot_kind(entry.extension) for entry in registry.entries("plot")}
    return {**PANE_KINDS, **{name: kind for name, kind in plots.items() if name not in PANE_KINDS}}


PANE_KINDS |= {entry.extension.name: _plot_kind(entry.extension) for entry in builtin_registry().entries("plot")}
