"""The pane of the selected source: who it is, what is known of it, and what the sky looks like there."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import panel as pn
import panel_material_ui as pmui

from astronomical.config.schema import UNKNOWN_COLOUR, PaneConfig
from astronomical.dashboard.background import Background
from astronomical.dashboard.panes.colours import chip
from astronomical.dashboard.panes.cutout import CutoutView
from astronomical.dashboard.panes.image_columns import ImageColumnsView
from astronomical.dashboard.panes.remarks import RemarksView
from astronomical.dashboard.panes.samp_dialog import SampDialog
from astronomical.dashboard.panes.source_parts import SourceBar, SourceCard, SourceList, SourceTable
from astronomical.dashboard.panes.source_settings import SourceSettings
from astronomical.dashboard.panes.source_values import (
    label_rows,
    link_rows,
    load_columns,
    near_rows,
    value_rows,
)
from astronomical.dashboard.panes.spectrum import SpectrumView
from astronomical.dashboard.panes.surveys import SurveyDialog
from astronomical.dashboard.tab_row import TabRow
from astronomical.dashboard.view import View
from astronomical.dashboard.walk import HistoryWalk
from astronomical.labels.remarks import Remark
from astronomical.services.services import Services
from astronomical.session.lookup import Answer, Found
from astronomical.session.samp import SampBridge
from astronomical.session.session import Session

__all__ = ["SourcePane"]

_N_SUGGESTIONS = 20
_N_HISTORY = 100
_EMPTY = """<p style="margin:12px 0"><b>No source is selected.</b><br>Search for one above, click a point in a plot,
or start a learner: it then shows the source whose label would help it most.</p>"""
_LABELS = ("Label", "Learner", "Origin", "Who", "When (UTC)")
_NEAR = ("Distance", "Source", "Label")


class SourcePane(View):
    """The source that has the focus: id, labels, values and cutouts; and the ways to another source.

    Parameters
    ----------
    session
        The project shown.
    services
        Where cutouts and images come from.
    config
        Place and settings of the pane.
    walk
        The way through the history, if other parts of the page walk it too.
    keep
        Keeps the settings of the pane in the project.
    samp
        The conversation with other programs, if there may be one.

    Attributes
    ----------
    view
        The Panel object that fills the pane.
    """

    def __init__(self, session: Session, services: Services, config: PaneConfig, walk: HistoryWalk | None = None,
                 keep: Callable[[dict[str, Any]], None] = lambda settings: None,
                 samp: SampBridge | None = None) -> None:
        super().__init__(session)
        self._walk = walk or HistoryWalk(session)
        self._keep = keep
        self._settings = dict(config.settings)
        self._background = Background(self)
        self._n_answers = 0
        self._ready: frozenset[str] = frozenset()
        self._services = services
        # Without positions, as in a table from another discipline, cutouts are simply absent.
        self._cutouts = None if session.dataset.catalogue.position is None else CutoutView(
            session, services.cutouts, self._keeps_zoom)
        self._images: ImageColumnsView | None = None
        self._spectrum: SpectrumView | None = None
        self._remarks: RemarksView | None = None
        self._bar = SourceBar(self._on_event)
        self._card = SourceCard(self._on_card)
        self._table = SourceTable()
        self._tabs = TabRow(self._choose_tab)
        self._labels, self._near = SourceList(self._go_to), SourceList(self._go_to)
        self._empty = pn.pane.HTML(_EMPTY, margin=0, sizing_mode="stretch_width")
        self._samp = None if samp is None else SampDialog(session, samp, self._show_card)
        self._survey_dialog = SurveyDialog(session)
        self._dialog = SourceSettings(session, self._keeps_zoom(), self._set_keeps_zoom, self._survey_dialog.open)
        self._overview = self._make_overview()
        self._chosen = "Overview"
        self._body = pn.Column(self._overview, margin=0, sizing_mode="stretch_both",
                               styles={"min-height": "0", "overflow": "hidden auto"})
        self.view = pn.Column(self._bar, self._empty, self._card, self._tabs, self._body, self._dialog.view,
                              self._survey_dialog.view,
                              *([] if self._samp is None else [self._samp.view]), sizing_mode="stretch_both", margin=0,
                              styles={"padding": "8px 10px", "gap": "4px", "overflow": "hidden auto",
                                      "box-sizing": "border-box"})
        self.follow(self._show_source, "focus", "dataset", "config", "rounds", first=True)
        self.follow(self._show_card, "focus", "ledger", "queues", "pending", "active", "config", "dataset", first=True)
        self.follow(self._load_columns, "config", "dataset")
        self.follow(self._show_trail, "focus", "history")
        self.follow(self._show_tabs, "config")
        self.follow(self._show_chosen, "focus", "ledger", "dataset", first=True)
        for show in (self._show_source, self._show_card, self._show_trail, self._show_tabs, self._load_columns):
            show()

    def focus_search(self) -> None:
        """Put the cursor in the search field."""
        self._bar.focus()

    def close(self) -> None:
        """Stop following, and drop the cutouts under way."""
        super().close()
        for part in (self._cutouts, self._images, self._spectrum, self._remarks, self._samp):
            if part is not None:
                part.close()

    # -- what is shown ------------------------------------------------------------------------------

    def _make_overview(self) -> pn.FlexBox:
        beside = {"flex": "1.4 1 250px", "min-width": "0", "overflow": "hidden auto"}
        choose = pmui.Button(label="Choose surveys…", variant="text", size="small", margin=0,
                             on_click=lambda _: self._survey_dialog.open())
        self._beside = pn.Column(*([] if self._cutouts is None else [self._cutouts.view, choose]), margin=0,
                                 styles=beside)
        table = pn.Column(self._table, margin=0,
                          styles={"flex": "1 1 190px", "min-width": "0", "overflow": "hidden auto"})
        return pn.FlexBox(table, self._beside, margin=0, sizing_mode="stretch_both", gap="12px",
                          align_items="stretch", styles={"min-height": "0"})

    def _show_source(self) -> None:
        focus = self.session.state.focus
        self._empty.visible = focus is None
        self._card.visible = self._body.visible = self._tabs.visible = focus is not None
        self._table.rows = [] if focus is None else value_rows(self.session, focus, self._ready)
        section, position = self.session.state.config.catalogue, self.session.dataset.catalogue.position
        also = [*(["name"] if section.name_column else []), *(["position"] if position is not None else [])]
        self._bar.says = "Search by " + " or ".join([", ".join(["id", *also[:-1]]), *also[-1:]])

    def _load_columns(self) -> None:
        """Read the columns shown off the event loop: those of a large table take a while, once."""
        def take(ready: frozenset[str]) -> None:
            if ready != self._ready:
                self._ready = ready
                self._show_source()

        self._background.run("columns", partial(load_columns, self.session), take)

    def _show_card(self) -> None:
        state = self.session.state
        if state.focus is None:
            return
        query = self.session.query()
        asked = [name for name, ids in state.queues.items() if state.focus in ids]
        self._card.shown = {
            "id": state.focus,
            "chips": [*self._label_chips(state.focus), *self._query_chips(asked)],
            "ask": query is not None and query != state.focus,
            "links": link_rows(self.session, state.focus),
            "samp": "" if self._samp is None else "on" if self._samp.connected else "off",
        }

    def _label_chips(self, id: str) -> list[dict[str, str]]:
        config, data, ledger = self.session.state.config, self.session.dataset, self.session.ledger
        chips = []
        if config.catalogue.label is not None:
            code = int(data.codes[data.catalogue.row(id)])
            name = data.class_names[code] if code >= 0 else "unknown"
            chips.append(chip(f"Catalogue: {name}", config.colours.get(name, UNKNOWN_COLOUR),
                              f"Label in column {config.catalogue.label} of the catalogue"))
        mine = ledger.human(id)
        if mine is not None:
            chips.append(chip(f"You: {mine}", config.colours.get(mine, UNKNOWN_COLOUR), "The label given by hand"))
        for learner in config.learners:
            if any(id == unsure for unsure, _ in ledger.membership(learner.class_name).unsure):
                chips.append(chip(f"Unsure in {learner.class_name}", "", "Put aside: not trained, not asked again"))
        remark = ledger.remarks.get(id, Remark())
        chips += [chip(text, "", "See the tab Notes") for text in (
            *(["⚑ Flagged"] if remark.flag else []), *(f"#{tag}" for tag in remark.tags),
            *(["Note"] if remark.note else []))]
        return chips

    def _query_chips(self, asked: list[str]) -> list[dict[str, str]]:
        colours = self.session.state.config.colours
        if asked:
            return [chip(f"Queried by {name}", colours.get(name, UNKNOWN_COLOUR),
                         "The learner asks for the label of this source") for name in asked]
        if self.session.state.active in self.session.state.pending:
            return [chip("The learner is choosing…", "", "The next source to label is being computed")]
        if self.session.query() is not None:
            return [chip("Not the queried source", "", "The learner asks for the label of another source")]
        return []

    def _show_trail(self) -> None:
        state = self.session.state
        self._bar.trail = {"can_back": self._walk.can_go_back, "can_forward": self._walk.can_go_forward,
                           "shown": state.focus is not None,
                           "ids": list(dict.fromkeys(state.history))[:_N_HISTORY]}

    # -- its parts ----------------------------------------------------------------------------------

    def _choose_tab(self, name: str) -> None:
        self._chosen = name
        self._show_tabs()
        self._show_chosen()

    def _names(self) -> list[str]:
        """Return the parts that there are; which ones depends on the columns chosen."""
        section = self.session.state.config.catalogue
        # Without positions the images take the place of the cutouts.
        return ["Overview", *(["Images"] if section.image_columns and self._cutouts is not None else []),
                *(["Spectrum"] if section.spectrum_column else []), "Labels", "Notes",
                *(["Nearby"] if self._cutouts is not None else [])]

    def _show_tabs(self) -> None:
        names = self._names()
        if self._chosen not in names:
            self._chosen = "Overview"
        self._tabs.shown = {"names": names, "chosen": self._chosen}
        if self._cutouts is None:
            named = self.session.state.config.catalogue.image_columns
            beside = [self._part("Images")] if named else []
            if self._beside.objects != beside:
                self._beside.objects = beside
            self._beside.visible = bool(named)
        part = self._part(self._chosen)
        if self._body.objects != [part]:
            self._body.objects = [part]

    def _part(self, name: str) -> Any:
        """Return a part of the pane; those that cost something are made when they are first opened."""
        if name == "Images":
            self._images = self._images or ImageColumnsView(self.session, self._services)
            return self._images.view
        if name == "Spectrum":
            self._spectrum = self._spectrum or SpectrumView(self.session, self._services.files)
            return self._spectrum.view
        if name == "Notes":
            self._remarks = self._remarks or RemarksView(self.session, lists=False)
            return self._remarks.view
        return {"Overview": self._overview, "Labels": self._labels, "Nearby": self._near}[name]

    def _show_chosen(self) -> None:
        """Bring the part that is open up to date; the others can wait."""
        focus = self.session.state.focus
        if focus is None:
            return
        if self._chosen == "Labels":
            self._labels.shown = {"titles": _LABELS, "rows": label_rows(self.session, focus),
                                  "nothing": "No label was given to this source yet."}
        elif self._chosen == "Nearby":
            self._background.run("nearby", partial(near_rows, self.session, focus), self._show_near)

    def _show_near(self, rows: list[dict[str, Any]]) -> None:
        self._near.shown = {"titles": _NEAR, "rows": rows,
                            "nothing": "No other source of the catalogue lies within an arcminute."}

    def _keeps_zoom(self) -> bool:
        return bool(self._settings.get("keep_zoom", True))

    def _set_keeps_zoom(self, keep: bool) -> None:
        if keep != self._keeps_zoom():
            self._settings = {**self._settings, "keep_zoom": keep}
            self._keep(self._settings)

    # -- what is asked for --------------------------------------------------------------------------

    def _on_event(self, event: str, text: str) -> None:
        actions: dict[str, Callable[[], Any]] = {
            "suggest": partial(self._suggest, text), "search": partial(self._search, text),
            "choose": partial(self._go_to, text), "back": self._walk.back, "forward": self._walk.forward,
            "deselect": partial(self.session.focus, None), "settings": self._dialog.open,
        }
        self.attempt(actions[event])

    def _on_card(self, event: str) -> None:
        if event == "samp" and self._samp is not None:
            self._samp.open()
        elif event == "ask":
            self.attempt(self.session.focus_query)

    def _go_to(self, id: str) -> None:
        self.attempt(partial(self.session.focus, id))
        self._answer("", found=True)

    def _suggest(self, text: str) -> None:
        def show(found: list[Found]) -> None:
            self._bar.suggestions = {"text": text, "found": [{"id": one.id, "why": one.why} for one in found]}

        self._background.run("suggest", partial(self.session.lookup.suggest, text, _N_SUGGESTIONS), show)

    def _search(self, text: str) -> None:
        """Show the source that a text means, or say why it means none."""
        def show(answer: Answer) -> None:
            if answer.id is not None:
                self.attempt(partial(self.session.focus, answer.id))
            self._answer(answer.notice, found=answer.id is not None)

        self._background.run("search", partial(self.session.lookup.resolve, text), show)

    def _answer(self, notice: str, *, found: bool = False) -> None:
        self._n_answers += 1
        self._bar.answer = {"n": self._n_answers, "found": found, "notice": notice}
