"""The source pane: id, labels, values, cutouts, spectrum and light curve of the selected source."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import panel as pn

from astronomical.config.schema import UNKNOWN_COLOUR, PaneConfig
from astronomical.dashboard.panes.source.annotations import RemarksView
from astronomical.dashboard.panes.source.components import SourceBar, SourceCard, SourceList, SourceTable
from astronomical.dashboard.panes.source.cutouts import CutoutView
from astronomical.dashboard.panes.source.image_columns import ImageColumnsView
from astronomical.dashboard.panes.source.light_curve import LightCurveView
from astronomical.dashboard.panes.source.overview import make_overview, make_pictures, survey_parts
from astronomical.dashboard.panes.source.samp_dialog import SampDialog
from astronomical.dashboard.panes.source.settings import SourceSettings
from astronomical.dashboard.panes.source.spectrum import SpectrumView
from astronomical.dashboard.panes.source.surveys import SurveyDialog
from astronomical.dashboard.panes.source.values import (
    label_rows,
    link_rows,
    load_columns,
    near_rows,
    query_chips,
    same_objects,
    value_rows,
)
from astronomical.dashboard.panes.source.why import WhyView
from astronomical.dashboard.ui.colours import chip
from astronomical.dashboard.ui.history_navigation import HistoryWalk
from astronomical.dashboard.ui.safe_text import Html, Markup
from astronomical.dashboard.ui.session_view import SessionView
from astronomical.dashboard.ui.tab_row import TabRow
from astronomical.labels.annotations import Remark
from astronomical.services.services import Services
from astronomical.session import Session
from astronomical.session.data.source_search import Answer, Found
from astronomical.session.evaluation.contact_sheet import SheetKind
from astronomical.session.samp.connection import SampBridge

__all__ = ["SourcePane"]

_N_SUGGESTIONS = 20
_N_HISTORY = 100
_EMPTY = Markup("""<p style="margin:12px 0"><b>No source is selected.</b><br>Search for one above, click a point in a
plot, or start a learner, which then shows the source whose label helps it most.</p>""")
_LABELS = ("Label", "Learner", "Origin", "Labelled by", "When (UTC)")
_NEAR = ("Distance", "Source", "Label")


class SourcePane(SessionView):
    """Pane of the selected source: id, labels, values and cutouts, and navigation to other sources.

    Parameters
    ----------
    session
        The project shown.
    services
        Services that provide cutouts and images.
    config
        Position and settings of the pane.
    walk
        Navigation through the history, if it is shared with other parts of the page.
    keep
        Saves the settings of the pane in the project.
    samp
        The SAMP connection, if it is available.
    show_sheet
        Shows a list of sources in a contact sheet.

    Attributes
    ----------
    view
        The Panel object that fills the pane.
    """

    def __init__(
        self,
        session: Session,
        services: Services,
        config: PaneConfig,
        walk: HistoryWalk | None = None,
        keep: Callable[[dict[str, Any]], None] = lambda settings: None,
        samp: SampBridge | None = None,
        show_sheet: Callable[[SheetKind], None] = lambda kind: None,
    ) -> None:
        super().__init__(session)
        self._walk = walk or HistoryWalk(session)
        self._keep = keep
        self._settings = dict(config.settings)
        self._reading, self._near_search = self.latest(), self.latest()
        self._suggesting, self._searching = self.latest(), self.latest()
        self._n_answers = 0
        self._ready: frozenset[str] = frozenset()
        self._services = services
        # There are no cutouts without positions.
        self._cutouts = (
            None
            if session.dataset.catalogue.position is None
            else CutoutView(session, services.cutouts, self._keeps_zoom)
        )
        self._images: ImageColumnsView | None = None
        self._spectrum: SpectrumView | None = None
        self._light_curve: LightCurveView | None = None
        self._remarks: RemarksView | None = None
        self._why = WhyView(session, show_sheet)
        self._bar = SourceBar(self._on_event)
        self._card = SourceCard(self._on_card)
        self._table = SourceTable()
        self._tabs = TabRow(self._choose_tab)
        self._labels, self._near = SourceList(self._go_to), SourceList(self._go_to)
        self._empty = Html(_EMPTY, margin=0, sizing_mode="stretch_width")
        self._samp = None if samp is None else SampDialog(session, samp, self._show_card)
        self._survey_dialog = SurveyDialog(session)
        self._dialog = SourceSettings(session, self._keeps_zoom(), self._set_keeps_zoom, self._survey_dialog.open)
        cutouts = None if self._cutouts is None else self._cutouts.view
        self._surveys = survey_parts(cutouts, self._survey_dialog.open)
        self._beside = make_pictures(self._surveys)
        self._overview = make_overview(self._beside, self._table)
        self._chosen = "Overview"
        self._body = pn.Column(
            self._overview,
            margin=0,
            sizing_mode="stretch_both",
            styles={"min-height": "0", "overflow": "hidden auto", "container-type": "size"},
        )
        # Closed dialogs take no room, nor gaps between them.
        dialogs = pn.Column(
            self._dialog.view,
            self._survey_dialog.view,
            *([] if self._samp is None else [self._samp.view]),
            margin=0,
            styles={"position": "absolute"},
        )
        self.view = pn.Column(
            self._bar,
            self._empty,
            self._card,
            self._tabs,
            self._body,
            dialogs,
            sizing_mode="stretch_both",
            margin=0,
            styles={"padding": "4px 10px", "gap": "4px", "overflow": "hidden auto", "box-sizing": "border-box"},
        )
        self.follow(self._show_source, "focus", "dataset", "config", "rounds", "curating", first=True)
        self.follow(self._show_answered, "ledger", first=True)
        card = ("focus", "ledger", "queues", "pending", "active", "config", "dataset", "curating")
        self.follow(self._show_card, *card, first=True)
        self.follow(self._load_columns, "config", "dataset")
        self.follow(self._show_trail, "focus", "history")
        self.follow(self._show_tabs, "config")
        self.follow(self._show_chosen, "focus", "ledger", "dataset", first=True)
        for show in (self._show_source, self._show_card, self._show_trail, self._show_tabs, self._load_columns):
            show()

    def close(self) -> None:
        """Close the pane, and drop pending cutouts."""
        super().close()
        views = (self._spectrum, self._light_curve, self._remarks, self._why)
        for part in (self._cutouts, self._images, *views, self._samp):
            if part is not None:
                part.close()

    # -- display -----------------------------------------------------------------------------------

    def _show_source(self) -> None:
        focus = self.session.state.focus
        self._empty.visible = focus is None
        self._card.visible = self._body.visible = self._tabs.visible = focus is not None
        self._table.rows = [] if focus is None else value_rows(self.session, focus, self._ready)
        section, position = self.session.state.config.catalogue, self.session.dataset.catalogue.position
        also = [*(["name"] if section.name_column else []), *(["position"] if position is not None else [])]
        self._bar.says = "Search by " + " or ".join([", ".join(["id", *also[:-1]]), *also[-1:]])

    def _show_answered(self) -> None:
        """Show what was hidden before the selected source was labelled."""
        if self.session.labels.is_blind:
            self._show_source()

    def _load_columns(self) -> None:
        """Read the columns outside the event loop, because the first time can be slow for a large table."""

        def take(ready: frozenset[str]) -> None:
            if ready != self._ready:
                self._ready = ready
                self._show_source()

        self._reading.run(partial(load_columns, self.session), take, self.report, what="Reading the columns")

    def _show_card(self) -> None:
        state = self.session.state
        if state.focus is None:
            return
        query = self.session.query()
        asked = [name for name, ids in state.queues.items() if state.focus in ids]
        self._card.shown = {
            "id": state.focus,
            "chips": [*self._label_chips(state.focus), *query_chips(self.session, asked)],
            "ask": query is not None and query != state.focus and not state.curating.on,
            "links": link_rows(self.session, state.focus),
            "samp": "" if self._samp is None else "on" if self._samp.connected else "off",
        }

    def _label_chips(self, id: str) -> list[dict[str, str]]:
        config, ledger = self.session.state.config, self.session.ledger
        chips = []
        if config.catalogue.label is not None and not self.session.labels.is_hidden(id):
            name = self.session.labels.catalogue_label_of(id) or "unknown"
            chips.append(
                chip(
                    f"Catalogue: {config.shown(name)}",
                    config.colours.get(name, UNKNOWN_COLOUR),
                    f"Label in column {config.catalogue.label} of the catalogue",
                )
            )
        mine = ledger.human(id)
        if mine is not None and id != self.session.state.curating.repeating:
            chips.append(
                chip(f"You: {config.shown(mine)}", config.colours.get(mine, UNKNOWN_COLOUR), "The latest human label")
            )
        chips += [chip(f"Same object: {other}", "", said) for other, said in same_objects(self.session, id)]
        for learner in config.learners:
            if id in ledger.tab(learner.class_name).unsure:
                shown = config.shown(learner.class_name)
                chips.append(chip(f"Unsure in {shown}", "", "This learner does not train on it or query it again"))
        remark = ledger.remarks.get(id, Remark())
        chips += [
            chip(text, "", "See the tab Notes")
            for text in (
                *(["⚑ Flagged"] if remark.flag else []),
                *(f"#{tag}" for tag in remark.tags),
                *(["Note"] if remark.note else []),
            )
        ]
        return chips

    def _show_trail(self) -> None:
        state = self.session.state
        self._bar.trail = {
            "can_back": self._walk.can_go_back,
            "can_forward": self._walk.can_go_forward,
            "shown": state.focus is not None,
            "ids": list(dict.fromkeys(state.history))[:_N_HISTORY],
        }

    # -- tabs ---------------------------------------------------------------------------------------

    def _choose_tab(self, name: str) -> None:
        self._chosen = name
        self._show_tabs()
        self._show_chosen()

    def _names(self) -> list[str]:
        """Return the names of the tabs, which depend on the chosen columns."""
        section, archives = self.session.state.config.catalogue, self.session.state.config.services
        placed = self._cutouts is not None  # archives are asked by position
        return [
            "Overview",
            *(["Spectrum"] if section.spectrum_column or (placed and archives.spectra) else []),
            *(["Light curve"] if section.light_curves or (placed and archives.light_curves) else []),
            "Labels",
            "Notes",
            "Why",
            *(["Nearby"] if self._cutouts is not None else []),
        ]

    def _show_tabs(self) -> None:
        names = self._names()
        if self._chosen not in names:
            self._chosen = "Overview"
        self._tabs.shown = {"names": names, "chosen": self._chosen}
        named = self.session.state.config.catalogue.image_columns
        pictures = [*([self._own_images()] if named else []), *self._surveys]
        if self._beside.objects != pictures:
            self._beside.objects = pictures
        self._beside.visible = bool(pictures)
        part = self._part(self._chosen)
        if self._body.objects != [part]:
            self._body.objects = [part]

    def _own_images(self) -> Any:
        self._images = self._images or ImageColumnsView(self.session, self._services)
        return self._images.view

    def _part(self, name: str) -> Any:
        """Return the content of a tab. Expensive ones are created when they are first opened."""
        if name == "Spectrum":
            archives = self._services.archives
            self._spectrum = self._spectrum or SpectrumView(
                self.session, self._services.files, None if archives is None else archives.spectra
            )
            return self._spectrum.view
        if name == "Light curve":
            archives = self._services.archives
            self._light_curve = self._light_curve or LightCurveView(
                self.session, None if archives is None else archives.light_curves
            )
            return self._light_curve.view
        if name == "Notes":
            self._remarks = self._remarks or RemarksView(self.session, lists=False)
            return self._remarks.view
        return {"Overview": self._overview, "Labels": self._labels, "Why": self._why.view, "Nearby": self._near}[name]

    def _show_chosen(self) -> None:
        """Update the open tab. The others are updated when they are opened."""
        focus = self.session.state.focus
        if focus is None:
            return
        self._why.show(self._chosen == "Why")
        if self._chosen == "Labels":
            self._labels.shown = {
                "titles": _LABELS,
                "rows": label_rows(self.session, focus),
                "nothing": "This source has no labels yet.",
            }
        elif self._chosen == "Nearby":
            self._near_search.run(partial(near_rows, self.session, focus), self._show_near, self.report)

    def _show_near(self, rows: list[dict[str, Any]]) -> None:
        self._near.shown = {
            "titles": _NEAR,
            "rows": rows,
            "nothing": "The catalogue has no other source within one arcminute.",
        }

    def _keeps_zoom(self) -> bool:
        return bool(self._settings.get("keep_zoom", True))

    def _set_keeps_zoom(self, keep: bool) -> None:
        if keep != self._keeps_zoom():
            self._settings = {**self._settings, "keep_zoom": keep}
            self._keep(self._settings)

    # -- input -------------------------------------------------------------------------------------

    def _on_event(self, event: str, text: str) -> None:
        actions: dict[str, Callable[[], Any]] = {
            "suggest": partial(self._suggest, text),
            "search": partial(self._search, text),
            "choose": partial(self._go_to, text),
            "back": self._walk.back,
            "forward": self._walk.forward,
            "deselect": partial(self.session.focus, None),
            "settings": self._dialog.open,
        }
        self.run_command(actions[event])

    def _on_card(self, event: str) -> None:
        if event == "samp" and self._samp is not None:
            self._samp.open()
        elif event == "ask":
            self.run_command(self.session.focus_query)

    def _go_to(self, id: str) -> None:
        self.run_command(partial(self.session.focus, id))
        self._answer("", found=True)

    def _suggest(self, text: str) -> None:
        def show(found: list[Found]) -> None:
            self._bar.suggestions = {"text": text, "found": [{"id": one.id, "why": one.why} for one in found]}

        self._suggesting.run(partial(self.session.lookup.suggest, text, _N_SUGGESTIONS), show, self.report)

    def _search(self, text: str) -> None:
        """Show the source that matches a text, or show why there is none."""

        def show(answer: Answer) -> None:
            if answer.id is not None:
                self.run_command(partial(self.session.focus, answer.id))
            self._answer(answer.notice, found=answer.id is not None)

        self._searching.run(partial(self.session.lookup.resolve, text), show, self.report, what="The search")

    def _answer(self, notice: str, *, found: bool = False) -> None:
        self._n_answers += 1
        self._bar.answer = {"n": self._n_answers, "found": found, "notice": notice}
