"""Dialog to label many sources at once, which shows the effects before they are applied."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import panel as pn
import panel_material_ui as pmui

from astronomical.dashboard.ui.components import leave_button
from astronomical.dashboard.ui.dialog import Dialog
from astronomical.dashboard.ui.safe_text import Html, Markup
from astronomical.dashboard.ui.session_view import SessionView
from astronomical.errors import explain
from astronomical.session.labelling.bulk_labels import BulkPlan, count_sources

__all__ = ["BulkDialog"]

_AS_WRITTEN: dict[str, Any] = {
    "flexWrap": "wrap",
    "& .MuiButtonBase-root": {"textTransform": "none", "width": "auto", "flex": "1 1 90px"},
}
_NO_CLASSES = (
    "This project has no classes, so its sources cannot be labelled. Create a new project with a label "
    "column, or type the names of the classes."
)


class BulkDialog:
    """Choose a class, show the effects of labelling the selected sources, and label them.

    Parameters
    ----------
    owner
        The pane of the dialog.

    Attributes
    ----------
    view
        The dialog.
    """

    def __init__(self, owner: SessionView) -> None:
        self._owner = owner
        self._ids: tuple[str, ...] = ()
        # Not a RadioButtonGroup, in which one class is always chosen.
        self._class = pmui.CheckButtonGroup(
            options={}, size="small", margin=(0, 0, 10, 0), sizing_mode="stretch_width", sx=_AS_WRITTEN
        )
        self._train = pmui.CheckBoxGroup(label="Use for training", options=[], value=[], inline=True, margin=0)
        self._train_note = Html(
            "Only the learners that you select here are trained on these labels.",
            margin=0,
            styles={"font-size": "12px", "opacity": "0.75"},
        )
        self._text = Html("", margin=(8, 0), sizing_mode="stretch_width")
        self._go = pmui.Button(label="Label", color="primary", variant="contained")
        cancel = leave_button("Cancel", self.close)
        self._go.on_click(lambda *_: self._run())
        self._class.param.watch(self._on_class, "value")
        self._train.param.watch(lambda *_: self._show(), "value")
        self.view = Dialog(
            self._class,
            self._train,
            self._train_note,
            self._text,
            pn.Row(self._go, cancel),
            title="Label selection",
            open=False,
            width_option="sm",
        )

    def ask(self) -> None:
        """Open the dialog for the selected sources."""
        state = self._owner.session.state
        self._ids = state.selection
        config = state.config
        names = {shown: name for name, shown in config.shown_names.items()}
        started = {config.shown(item.class_name): item.class_name for item in config.learners if item.started}
        self._train.param.update(options=started, value=[], visible=bool(started))
        self._train_note.visible = bool(started)
        colours = state.config.colours
        # No class is chosen beforehand: a label for many sources must be a decision.
        self._class.param.update(
            options=names,
            value=[],
            sx={
                **_AS_WRITTEN,
                **{
                    f"& .MuiButtonBase-root:nth-of-type({n})": {"borderTop": f"5px solid {colours[name]}"}
                    for n, name in enumerate(names.values(), 1)
                    if name in colours
                },
            },
        )
        self._show()
        self.view.open = True

    def close(self) -> None:
        """Close the dialog without recording labels."""
        self.view.open = False

    @property
    def _chosen(self) -> str | None:
        return next(iter(self._class.value), None)

    @property
    def _first(self) -> str:
        """The first class."""
        return str(next(iter(self._class.options.values())))

    def _on_class(self, event: Any) -> None:
        """Keep only the class that was chosen last."""
        news = [name for name in event.new if name not in event.old]
        if len(event.new) > 1:
            self._class.value = news or event.new[:1]
        else:
            self._show()

    def _show(self) -> None:
        if not self._class.options:
            self._text.object, self._go.disabled = _NO_CLASSES, True
            return
        if not self._ids:
            return
        shown, chosen = self._owner.session.state.config.shown, self._chosen
        try:  # without a class too, because there may be too many sources
            plan = self._owner.session.labels.plan_bulk(chosen or self._first, self._ids, self._train.value)
        except Exception as error:
            self._text.object, self._go.disabled = explain(error), True
            return
        if not chosen:
            text = f"Choose the label of {count_sources(len(self._ids))}."
            self._text.object, self._go.disabled = text, True
            return
        self._text.object, self._go.disabled = (
            describe(plan, shown),
            plan.n_same == len(plan.ids) and not _n_taught(plan),
        )

    def _run(self) -> None:
        self.close()
        session, chosen = self._owner.session, self._chosen
        if chosen is not None:
            self._owner.run_command(lambda: session.labels.label_bulk_async(chosen, self._ids, self._train.value))


def describe(plan: BulkPlan, shown: Callable[[str], str] = str) -> Markup:
    """Return a description of a plan, with the names under which classes are shown."""
    lines: list[str] = [Markup("<b>Label {}?</b>").format(count_sources(len(plan.ids), shown(plan.label)))]
    if plan.n_other:
        lines.append(f"{plan.n_other:,} of them {_has(plan.n_other)} another human label, which this replaces.")
    if plan.n_same:
        lines.append(f"{plan.n_same:,} of them {_has(plan.n_same)} this label already.")
    for name, taken in plan.trains.items():
        lines.append(f"The {shown(name)} learner also trains on {count_sources(len(taken))}.")
    if plan.n_held and plan.trains:
        lines.append(
            f"{plan.n_held:,} {'is' if plan.n_held == 1 else 'are'} outside the training set, so they are recorded but "
            "not used for training."
        )
    return Markup("<br>").join(lines)


def _has(n: int) -> str:
    return "has" if n == 1 else "have"


def _n_taught(plan: BulkPlan) -> int:
    return sum(len(taken) for taken in plan.trains.values())
