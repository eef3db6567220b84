"""The tab “Where to believe”: how much of the catalogue is like the sources with known labels."""

from __future__ import annotations

from typing import Any

import panel as pn
import panel_material_ui as pmui

from astronomical.dashboard.panes.learner.result_parts import paragraphs, result_text
from astronomical.dashboard.panes.learner.study_view import StudyView
from astronomical.session import Session
from astronomical.session.evaluation.belief import BeliefReport, belief_lines

__all__ = ["BeliefView"]


class BeliefView(StudyView):
    """Share of the catalogue that is unlike all known labels, scores weighted to the catalogue, and the sources.

    Parameters
    ----------
    session
        The project shown.
    """

    kind = "belief"
    label = "Compare with the catalogue"
    intro = (
        "Scores hold for sources like those with known labels. Which part of the catalogue is unlike them, and what "
        "are the scores of the whole catalogue?"
    )

    def __init__(self, session: Session) -> None:
        self._select = pmui.Button(
            label="Select the unlike sources",
            description="Select the sources that are unlike all sources with known labels",
            variant="outlined",
            size="small",
            margin=(6, 6),
            align="center",
        )
        super().__init__(session)
        self._select.on_click(lambda *_: self._select_unlike())

    def _more(self) -> tuple[Any, ...]:
        return (self._select,)

    def _content(self) -> pn.viewable.Viewable:
        self._advice = result_text()
        return self._advice

    def _show_result(self, found: BeliefReport) -> tuple[str, ...]:
        n = found.n_unlike
        self._select.disabled = not n
        self._advice.object = paragraphs(
            (
                "To reach the unlike sources, label some of them: with the query strategy Cover the catalogue, from a "
                "selection, or in an audit, which also scores them. To see them in a plot, colour it by Likeness to "
                "known labels.",
            )
            if n
            else ()
        )
        return belief_lines(found, self.session.state.config.shown(found.class_name))

    def _select_unlike(self) -> None:
        found, catalogue = self._found(), self.session.dataset.catalogue
        if found is None or len(found.likeness) != catalogue.n_rows:
            return
        self.run_in_thread(
            lambda: catalogue.ids_at(found.unlike), lambda ids: self.run_command(lambda: self.session.select(ids))
        )

    def _found(self) -> BeliefReport | None:
        found = self.session.state.studies.get((self.kind, self._class_name))
        return found if isinstance(found, BeliefReport) else None
