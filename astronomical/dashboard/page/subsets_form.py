"""Form for the named subsets of the catalogue."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import panel as pn
import panel_material_ui as pmui

from astronomical.config.schema import MocConfig, SubsetConfig
from astronomical.dashboard.ui.components import Message, hint, plain_table, row, set_hint
from astronomical.dashboard.ui.session_view import SessionView
from astronomical.errors import explain
from astronomical.session import Session
from astronomical.session.data.subsets import describe_subset

__all__ = ["SubsetsForm", "population_fields"]

_NEW = "new subset"
_HELP = (
    'Conditions compare columns, also virtual ones: g - r > 0.6 and not type == "Star". There are also '
    "subset(name), sample(size, seed), tag(word), note(word), flagged(), missing(column), contains(column, text) and "
    "cone(ra, dec, radius) in degrees. Names that are not single words need double quotes."
)
#: Maximum length of a definition in the table.
_SHOWN = 60


class SubsetsForm(SessionView):
    """List the subsets with their numbers of sources; create, change, select and remove them.

    Parameters
    ----------
    session
        The project.

    Attributes
    ----------
    view
        The form.
    """

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self._counting, self._checking, self._reading = self.latest(), self.latest(), self.latest()
        self._counts: dict[str, str] = {}
        self._filling, self._saved = False, ""
        wide: dict[str, Any] = {"size": "small", "sizing_mode": "stretch_width"}
        self._table = pn.Column(sizing_mode="stretch_width", margin=0)
        self._chosen = pmui.Select(label="Subset", options=[_NEW], value=_NEW, **wide)
        self._name = pmui.TextInput(label="Name of the subset", **wide)
        self._condition = pmui.TextAreaInput(
            label="Condition", placeholder="r < 20 and g - r > 0.6", rows=2, auto_grow=True, **wide
        )
        self._found = hint("")
        self._moc = pmui.TextInput(
            label="MOC file",
            placeholder="footprint.fits",
            helper_text="Path of a map of the sky in FITS, JSON or ASCII, absolute or relative to the project file.",
            **wide,
        )
        self._message = Message()
        look: dict[str, Any] = {"size": "small", "variant": "outlined"}
        self._save_condition = pmui.Button(label="Save the condition", on_click=lambda _: self._save(), **look)
        self._save_selection = pmui.Button(on_click=lambda _: self._save(selection=True), **look)
        self._save_lasso = pmui.Button(label="Save the lasso", on_click=lambda _: self._save(lasso=True), **look)
        self._save_moc = pmui.Button(label="Save the MOC", on_click=lambda _: self._read_moc(), **look)
        self._select = pmui.Button(label="Select its sources", on_click=lambda _: self._attempt(self._selected), **look)
        self._remove = pmui.Button(label="Remove it", on_click=lambda _: self._attempt(self._removed), **look)
        self.view = pn.Column(
            self._table,
            row(self._chosen, self._name),
            self._condition,
            self._found,
            pn.Row(self._save_condition, self._save_selection, self._save_lasso, margin=0),
            self._moc,
            pn.Row(self._save_moc, margin=0),
            pn.Row(self._select, self._remove, margin=0),
            self._message.view,
            hint(_HELP),
            sizing_mode="stretch_width",
            margin=0,
        )
        self._chosen.param.watch(lambda _: self._fill(), "value")
        self._condition.param.watch(lambda _: self._count_condition(), "value")
        self._select.disabled = self._remove.disabled = True
        self.follow(self._show_selection, "selection", "lasso")
        self._basis: tuple[object, ...] = ()
        self.follow(self._show_subsets, "config", "ledger", "dataset")
        self._show_selection()
        self.sleep()  # until it is opened

    def open(self) -> None:
        """Show the current subsets."""
        self.wake()
        self._message.show("")
        self._basis = ()
        self._show_subsets()

    # -- display ------------------------------------------------------------------------------------

    def _show_subsets(self) -> None:
        """Show the subsets, and count their sources in a thread if these may have changed."""
        state = self.session.state
        basis = (state.config.subsets, state.ledger.index.remarks, state.dataset)
        if len(self._basis) == len(basis) and all(a is b for a, b in zip(self._basis, basis, strict=True)):
            return
        self._basis, self._counts = basis, {}
        names = list(self.session.subsets.names)
        chosen = next((name for name in (self._saved, self._chosen.value) if name in names), _NEW)
        self._saved = ""
        self._chosen.param.update(options=[_NEW, *names], value=chosen)
        self._show_table()
        if names:
            self._counting.run(lambda: [(name, self._count(name)) for name in names], self._show_counts)

    def _count(self, name: str) -> str:
        try:
            return f"{int(np.count_nonzero(self.session.subsets.mask(name))):,}"
        except Exception as error:
            return explain(error)

    def _show_counts(self, counts: list[tuple[str, str]]) -> None:
        self._counts = dict(counts)
        self._show_table()

    def _show_table(self) -> None:
        subsets = self.session.state.config.subsets
        lines = [(item.name, _cut(describe_subset(item)), self._counts.get(item.name, "…")) for item in subsets]
        self._table.objects = (
            [plain_table(("subset", "definition", "sources"), lines, max_height=220)]
            if lines
            else [hint("There is no subset yet. Subsets can be shown in plots, selected and exported.")]
        )

    def _show_selection(self) -> None:
        n = len(self.session.state.selection)
        self._save_selection.param.update(
            label=f"Save the {n:,} selected source{'' if n == 1 else 's'}" if n else "Save the selection",
            disabled=not n,
        )
        self._save_lasso.disabled = self.session.state.lasso is None

    def _fill(self) -> None:
        """Show the chosen subset in the fields."""
        item = self._item()
        self._select.disabled = self._remove.disabled = item is None
        self._name.value = "" if item is None else item.name
        self._filling = True
        self._condition.value = "" if item is None else item.condition or ""
        self._moc.value = "" if item is None or item.moc is None else item.moc.path
        self._filling = False
        set_hint(self._found, "" if item is None or item.condition else describe_subset(item))

    def _item(self) -> SubsetConfig | None:
        subsets = self.session.state.config.subsets
        return next((item for item in subsets if item.name == self._chosen.value), None)

    def _count_condition(self) -> None:
        """Count the sources that meet the condition that is entered, in a thread."""
        text = self._condition.value.strip()
        if self._filling or not text:
            self._checking.drop()
            return
        set_hint(self._found, "Counting …")
        self._checking.run(
            lambda: self.session.subsets.count(text),
            lambda n: set_hint(self._found, f"{n:,} sources meet this condition."),
            lambda error: set_hint(self._found, explain(error)),
        )

    # -- commands -----------------------------------------------------------------------------------

    def _read_moc(self) -> None:
        """Read the MOC file in a thread, and save the subset."""
        path, session = (self._moc.value_input or self._moc.value).strip(), self.session
        if not path:
            self._message.show("Enter the path of a MOC file.", "error")
            return
        self._message.show(f"Reading {path} …")
        self._reading.run(
            lambda: session.subsets.read_moc(path),
            lambda moc: self._save(moc=moc),
            lambda error: self._message.show(explain(error), "error"),
        )

    def _save(self, *, selection: bool = False, lasso: bool = False, moc: MocConfig | None = None) -> None:
        state, item = self.session.state, self._item()
        name = self._name.value_input.strip() or self._name.value.strip()
        definition: dict[str, Any] = (
            {"ids": state.selection}
            if selection
            else {"lasso": state.lasso}
            if lasso
            else {"moc": moc}
            if moc is not None
            else {"condition": self._condition.value_input or self._condition.value}
        )

        def save() -> str:
            replace = item is not None and item.name == name
            saved = self.session.subsets.save(name, replace=replace, **definition)
            self._saved = saved.name
            return f"Subset {saved.name} is saved."

        self._attempt(save)

    def _selected(self) -> str:
        self.session.subsets.select(self._chosen.value)
        return ""

    def _removed(self) -> str:
        name = self._chosen.value
        self.session.subsets.remove(name)
        return f"Subset {name} is removed."

    def _attempt(self, command: Callable[[], str]) -> None:
        """Run a command, and show its result or its error beside the fields."""
        try:
            self._message.show(command(), "success")
        except Exception as error:
            self._message.show(explain(error), "error")


def _cut(text: str) -> str:
    return text if len(text) <= _SHOWN else f"{text[: _SHOWN - 1]}…"


def population_fields() -> tuple[pmui.TextInput, pmui.TextInput]:
    """Return the fields for the scope of the project, and for what learners may query."""
    wide: dict[str, Any] = {"size": "small", "sizing_mode": "stretch_width"}
    scope = pmui.TextInput(
        label="Scope",
        placeholder="all sources",
        helper_text="A condition, such as subset(bright) or sample(10000, 1). Learners train, query and are scored in "
        "scope only.",
        **wide,
    )
    askable = pmui.TextInput(
        label="Askable",
        placeholder="all sources in scope",
        helper_text="A condition, such as r < 20. Learners query only these. All sources get predictions.",
        **wide,
    )
    return scope, askable
