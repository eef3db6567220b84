"""The dialog that confirms labelling many sources at once: it counts what would change before it does."""

from __future__ import annotations

from html import escape
from typing import Any

import panel as pn
import panel_material_ui as pmui

from astronomical.dashboard.parts import leave_button
from astronomical.dashboard.view import View
from astronomical.session.bulk import BulkPlan, count_sources

__all__ = ["BulkDialog"]


class BulkDialog:
    """Asks for a class, says what labelling the selected sources would do, and does it.

    Parameters
    ----------
    owner
        The pane that it belongs to.

    Attributes
    ----------
    view
        The dialog.
    """

    def __init__(self, owner: View) -> None:
        self._owner = owner
        self._ids: tuple[str, ...] = ()
        self._class = pmui.RadioButtonGroup(options=[], size="small", margin=(0, 0, 10, 0),
                                            sx={"& .MuiButtonBase-root": {"textTransform": "none"}})
        self._train = pmui.CheckBoxGroup(label="Also train", options=[], value=[], inline=True, margin=0)
        self._nobody = pn.pane.HTML("No learner trains on these labels unless you say so here.", margin=0,
                                    styles={"font-size": "12px", "opacity": "0.75"})
        self._text = pn.pane.HTML("", margin=(8, 0), sizing_mode="stretch_width")
        self._go = pmui.Button(label="Label", color="primary", variant="contained")
        cancel = leave_button("Cancel", self.close)
        self._go.on_click(lambda *_: self._run())
        for widget in (self._class, self._train):
            widget.param.watch(lambda *_: self._show(), "value")
        self.view: Any = pmui.Dialog(self._class, self._train, self._nobody, self._text, pn.Row(self._go, cancel),
                                     title="Label selection", open=False, width_option="sm")

    def ask(self) -> None:
        """Open the dialog for the sources selected now."""
        state = self._owner.session.state
        self._ids = state.selection
        names = list(state.config.class_names)
        started = [learner.class_name for learner in state.config.learners if learner.started]
        self._train.param.update(options=started, value=[], visible=bool(started))
        self._nobody.visible = bool(started)
        self._class.param.update(options=names, value=self._class.value if self._class.value in names else names[0])
        self._show()
        self.view.open = True

    def close(self) -> None:
        """Put the dialog away; nothing is recorded."""
        self.view.open = False

    def _show(self) -> None:
        if not self._ids or not self._class.value:
            return
        try:
            plan = self._owner.session.plan_bulk(self._class.value, self._ids, self._train.value)
        except ValueError as error:
            self._text.object, self._go.disabled = escape(str(error)), True
            return
        self._text.object, self._go.disabled = describe(plan), plan.n_same == len(plan.ids) and not _n_taught(plan)

    def _run(self) -> None:
        self.close()
        session = self._owner.session
        self._owner.attempt(lambda: session.label_bulk_soon(self._class.value, self._ids, self._train.value))


def describe(plan: BulkPlan) -> str:
    """Return as HTML what a plan would do."""
    lines = [f"<b>Label {escape(count_sources(len(plan.ids), plan.label))}?</b>"]
    if plan.n_other:
        lines.append(f"{plan.n_other:,} of them {_has(plan.n_other)} another label of yours, which this changes.")
    if plan.n_same:
        lines.append(f"{plan.n_same:,} of them {_has(plan.n_same)} this label already.")
    for name, taken in plan.trains.items():
        lines.append(f"The {escape(name)} learner takes in {count_sources(len(taken))}.")
    if plan.n_held and plan.trains:
        lines.append(f"{plan.n_held:,} {'is' if plan.n_held == 1 else 'are'} outside the training set: recorded, never "
                     "trained on.")
    return "<br>".join(lines)


def _has(n: int) -> str:
    return "has" if n == 1 else "have"


def _n_taught(plan: BulkPlan) -> int:
    return sum(len(taken) for taken in plan.trains.values())
