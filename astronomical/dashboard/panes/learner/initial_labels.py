"""The fields of a learner about its labels: where the initial ones come from, and which more it is trained on."""

from __future__ import annotations

from typing import Literal, get_args

import panel as pn
import panel_material_ui as pmui

from astronomical.config.schema import LearnerConfig, StartConfig
from astronomical.dashboard.ui.styles import PLAIN_NUMBER
from astronomical.session import Session
from astronomical.session.labelling.unused_labels import UnusedLabels

__all__ = ["InitialLabels"]

Mode = Literal["given", "random", "label"]


class InitialLabels:
    """Fields for the initial labels of a learner, or for more labels of one that is started.

    Only choices that are possible are offered: the labels given so far come first if there is one of each side.

    Parameters
    ----------
    session
        The project shown.

    Attributes
    ----------
    view
        The Panel object with the fields.
    mode, number, more
        Where initial labels come from; their number; whether to train a started learner on more labels.
    """

    def __init__(self, session: Session) -> None:
        self._session = session
        self._learner: LearnerConfig | None = None
        self.mode = pmui.RadioBoxGroup(label="Initial labels", options={})
        self.number = pmui.IntInput(
            label="Number of initial labels",
            value=5,
            start=2,
            end=1000,
            size="small",
            width=190,
            margin=(6, 4),
            sx=PLAIN_NUMBER,
        )
        self.more = pmui.Checkbox(label="", size="small", margin=(6, 4), sizing_mode="stretch_width")
        self.mode.param.watch(lambda *_: self._show_number(), "value")
        self.view = pn.Column(self.mode, self.number, self.more, margin=0)

    @property
    def start(self) -> StartConfig:
        """The chosen initial labels."""
        return StartConfig(mode=self.mode.value, n=self.number.value or 5)

    @property
    def uses_more(self) -> bool:
        """Whether a started learner is to be trained on the labels that it has not used."""
        return bool(self.more.visible and self.more.value)

    def show(self, learner: LearnerConfig) -> None:
        """Show the choices of a learner."""
        self._learner, name = learner, self._session.state.config.shown(learner.class_name)
        unused = self._session.training.unused_labels(learner.class_name)
        self.mode.visible, self.more.visible = not learner.started, learner.started and len(unused) > 0
        self.more.param.update(label=f"Also train on {_counted(unused, name, 'other')}", value=False)
        options = self._options(learner, unused)
        wanted: Mode = "given" if unused.can_start and learner.start == StartConfig() else learner.start.mode
        value = wanted if wanted in options.values() else next(iter(options.values()))
        self.mode.param.update(options=options, value=value)
        self.number.value = learner.start.n
        self._show_number()

    def refresh(self) -> None:
        """Count the labels again, and keep what the user has chosen."""
        if self._learner is None:
            return
        chosen, n, more = self.mode.value, self.number.value, self.more.value
        self.show(self._learner)
        if chosen in self.mode.options.values():
            self.mode.value = chosen
        self.number.value, self.more.value = n, more

    def _options(self, learner: LearnerConfig, unused: UnusedLabels) -> dict[str, Mode]:
        """Return the possible ways to get initial labels, by title."""
        name = learner.class_name
        config, counts = self._session.state.config, self._session.dataset.counts
        others = sum(n for other, n in counts.items() if other not in (name, *config.split.drop))
        possible = {"given": unused.can_start, "random": counts.get(name, 0) > 0 and others > 0, "label": True}
        titles: dict[Mode, str] = {
            "given": f"Start from {_counted(unused, config.shown(name))}",
            "random": "Draw at random from catalogue labels",
            "label": "I label them: varied sources, no catalogue labels needed",
        }
        return {titles[mode]: mode for mode in get_args(Mode) if possible[mode]}

    def _show_number(self) -> None:
        self.number.visible = bool(self.mode.visible and self.mode.value != "given")


def _counted(unused: UnusedLabels, class_name: str, other: str = "") -> str:
    """Return how many labels of the user there are of each side, such as "my 65 labels: 12 QSO, 53 other"."""
    n, adjective = len(unused), f"{other} " if other else ""
    plural = "" if n == 1 else "s"
    return f"my {n:,} {adjective}label{plural}: {unused.n_own:,} {class_name}, {unused.n_other:,} not {class_name}"
