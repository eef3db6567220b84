"""Dialog to save the selected sources, or the lasso around them, as a subset."""

from __future__ import annotations

from typing import Any

import panel as pn
import panel_material_ui as pmui

from astronomical.config.schema import LassoConfig
from astronomical.dashboard.ui.components import Message, hint, leave_button, set_hint
from astronomical.dashboard.ui.dialog import Dialog
from astronomical.dashboard.ui.session_view import SessionView
from astronomical.errors import explain
from astronomical.session.labelling.bulk_labels import count_sources

__all__ = ["SubsetDialog"]

_NO_LASSO = (
    "The sources are kept as a list of their ids. A lasso can be kept only if it was drawn last, in a plot whose axes "
    "are known as quantities of columns."
)
#: Maximum length of an axis in the text.
_SHOWN = 60


class SubsetDialog:
    """Enter a name, choose whether to keep the sources or the lasso, and save the subset.

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
        self._lasso: LassoConfig | None = None
        self._name = pmui.TextInput(label="Name of the subset", size="small", sizing_mode="stretch_width")
        self._keep = pmui.RadioBoxGroup(label="Keep", options=[], margin=(0, 10))
        self._about = hint("")
        self._message = Message()
        save = pmui.Button(label="Save", color="primary", variant="contained", on_click=lambda _: self._save())
        self.view = Dialog(
            self._name,
            self._keep,
            self._about,
            self._message.view,
            pn.Row(save, leave_button("Cancel", self.close)),
            title="Save a subset",
            open=False,
            width_option="xs",
        )
        self._keep.param.watch(lambda _: self._explain(), "value")
        self._name.param.watch(lambda _: self._save(), "enter_pressed")

    def ask(self) -> None:
        """Open the dialog for the selected sources."""
        state = self._owner.session.state
        self._ids, self._lasso = state.selection, state.lasso
        options = {f"The list of {count_sources(len(self._ids))}": "ids"}
        if self._lasso is not None:
            options = {"The lasso": "lasso", **options}
        self._keep.param.update(options=options, value=next(iter(options.values())), visible=len(options) > 1)
        self._name.value = self._name.value_input = ""
        self._message.show("")
        self._explain()
        self.view.open = True

    def close(self) -> None:
        """Close the dialog without saving."""
        self.view.open = False

    def _explain(self) -> None:
        if self._lasso is None:
            set_hint(self._about, _NO_LASSO)
        elif self._keep.value == "lasso":
            x, y = (_cut(axis) for axis in (self._lasso.x, self._lasso.y))
            set_hint(self._about, f"All sources inside, also of a later catalogue, by {x} and {y}.")
        else:
            set_hint(self._about, "Exactly these sources, by their ids.")

    def _save(self) -> None:
        session, name = self._owner.session, self._name.value_input or self._name.value
        definition: dict[str, Any] = {"lasso": self._lasso} if self._keep.value == "lasso" else {"ids": self._ids}
        try:
            saved = session.subsets.save(name, **definition)
        except Exception as error:
            self._message.show(explain(error), "error")
            return
        self.close()
        session.notify(f"Subset {saved.name} is saved. Choose it in the menu of a plot, or in Settings….", "success")


def _cut(text: str) -> str:
    return text if len(text) <= _SHOWN else f"{text[: _SHOWN - 1]}…"
