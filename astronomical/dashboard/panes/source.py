"""The pane of the selected source: who it is, what is known of it, and what the sky looks like there."""

from __future__ import annotations

import panel as pn

from astronomical.config.schema import UNKNOWN_COLOUR, PaneConfig
from astronomical.dashboard.panes.colours import chip
from astronomical.dashboard.panes.cutout import CutoutView
from astronomical.dashboard.panes.source_parts import SourceBar, SourceCard, SourceTable
from astronomical.dashboard.panes.texts import dec_text, ra_text, unit_text
from astronomical.dashboard.view import View
from astronomical.dashboard.walk import HistoryWalk
from astronomical.services.cutouts import CutoutFetcher
from astronomical.session.session import Session

__all__ = ["SourcePane"]

_N_SUGGESTIONS = 20
_N_HISTORY = 100
_EMPTY = """<p style="margin:12px 0"><b>No source is selected.</b><br>Search for an id above, click a point in a plot,
or start a learner: it then shows the source whose label would help it most.</p>"""


class SourcePane(View):
    """The source that has the focus: id, labels, values and cutouts; and the ways to another source.

    Parameters
    ----------
    session
        The project shown.
    services
        Where cutouts come from.
    config
        Place and settings of the pane.
    walk
        The way through the history, if other parts of the page walk it too.

    Attributes
    ----------
    view
        The Panel object that fills the pane.
    """

    def __init__(self, session: Session, services: CutoutFetcher, config: PaneConfig,
                 walk: HistoryWalk | None = None) -> None:
        super().__init__(session)
        self._walk = walk or HistoryWalk(session)
        self._n_answers = 0
        # Without positions, as in a table from another discipline, cutouts are simply absent.
        self._cutouts = CutoutView(session, services) if session.dataset.catalogue.position is not None else None
        self._bar = SourceBar(self._on_event)
        self._card = SourceCard(lambda: self.attempt(session.focus_query))
        self._table = SourceTable()
        self._empty = pn.pane.HTML(_EMPTY, margin=0, sizing_mode="stretch_width")
        columns = [pn.Column(self._table, margin=0,
                             styles={"flex": "1 1 175px", "min-width": "0", "overflow": "hidden auto"})]
        if self._cutouts is not None:
            columns.append(pn.Column(self._cutouts.view, margin=0, styles={"flex": "1.55 1 250px", "min-width": "0"}))
        self._body = pn.FlexBox(
            *columns, margin=0, sizing_mode="stretch_both", gap="12px", align_items="stretch",
            styles={"min-height": "0"},
        )
        self.view = pn.Column(self._bar, self._empty, self._card, self._body, sizing_mode="stretch_both", margin=0,
                              styles={"padding": "8px 10px", "gap": "4px", "overflow": "hidden auto",
                                      "box-sizing": "border-box"})
        self.follow(self._show_source, "focus", "dataset", "config")
        self.follow(self._show_card, "focus", "ledger", "queries", "pending", "active", "config", "dataset")
        self.follow(self._show_trail, "focus", "history")
        self._show_source()
        self._show_card()
        self._show_trail()

    def focus_search(self) -> None:
        """Put the cursor in the search field."""
        self._bar.focus()

    def close(self) -> None:
        """Stop following, and drop the cutouts under way."""
        super().close()
        if self._cutouts is not None:
            self._cutouts.close()

    # -- what is shown ------------------------------------------------------------------------------

    def _show_source(self) -> None:
        focus = self.session.state.focus
        self._empty.visible = focus is None
        self._card.visible = self._body.visible = focus is not None
        self._table.rows = [] if focus is None else self._rows(focus)

    def _rows(self, id: str) -> list[list[str]]:
        section, catalogue = self.session.state.config.catalogue, self.session.dataset.catalogue
        rows = [[section.id.column or "id", id, ""]]
        position = catalogue.position_of(id)
        if position is not None:
            ra, dec = position
            rows += [["RA (ICRS)", f"{ra:.6f}°\n{ra_text(ra)}", ""],
                     ["Dec (ICRS)", f"{dec:+.6f}°\n{dec_text(dec)}", ""]]
        there = {column.name for column in catalogue.columns if column.kind != "vector"}
        wanted = section.extra_columns or self.session.state.config.features.columns
        values = catalogue.describe(id, [name for name in wanted if name in there])
        return rows + [[name, value, unit_text(unit)] for name, value, unit in values]

    def _show_card(self) -> None:
        state = self.session.state
        if state.focus is None:
            return
        query = self.session.query()
        asked = [name for name, id in state.queries.items() if id == state.focus]
        self._card.shown = {
            "id": state.focus,
            "chips": [*self._label_chips(state.focus), *self._query_chips(asked)],
            "ask": query is not None and query != state.focus,
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

    # -- what is asked for --------------------------------------------------------------------------

    def _on_event(self, event: str, text: str) -> None:
        actions = {"suggest": lambda: self._suggest(text), "choose": lambda: self._choose(text),
                   "back": self._walk.back, "forward": self._walk.forward, "deselect": lambda: self.session.focus(None)}
        self.attempt(actions[event])

    def _suggest(self, text: str) -> None:
        ids = self.session.dataset.catalogue.search(text, _N_SUGGESTIONS)
        self._bar.suggestions = {"text": text, "ids": ids}

    def _choose(self, text: str) -> None:
        """Show the source of an id, or the only one whose id contains the text."""
        id, catalogue = text.strip(), self.session.dataset.catalogue
        found = [id] if id in catalogue else catalogue.search(id, 2)
        if len(found) == 1:
            self.session.focus(found[0])
            self._answer("", found=True)
        elif found:
            self._answer(f"Several ids contain “{id}”: choose one of those suggested.")
        else:
            self._answer(f"Not found: no id contains “{id}”.")

    def _answer(self, notice: str, *, found: bool = False) -> None:
        self._n_answers += 1
        self._bar.answer = {"n": self._n_answers, "found": found, "notice": notice}
