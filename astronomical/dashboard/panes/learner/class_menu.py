"""Menu beside the tabs of the learning pane: start a learner for another class, or add a class to the project."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import panel as pn
import panel_material_ui as pmui

from astronomical.dashboard.ui.components import leave_button
from astronomical.dashboard.ui.dialog import Dialog
from astronomical.dashboard.ui.session_view import SessionView
from astronomical.session import Session
from astronomical.session.project.learned_classes import OTHER, is_remainder

__all__ = ["ClassMenu"]


class ClassMenu(SessionView):
    """Button with a menu of the classes without a learner, and of ways to add a class.

    Parameters
    ----------
    session
        The project shown.

    Attributes
    ----------
    view
        The button, with the dialog that asks for the name of a class.
    entries
        What the menu offers, and the action of each entry.
    """

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self.entries: dict[str, Callable[[], Any]] = {}
        self._menu = pmui.MenuButton(
            label="",
            icon="add",
            items=[],
            size="small",
            variant="text",
            margin=(6, 0, 2, 0),
            description="Train another learner, or add a class",
        )
        self.name = pmui.TextInput(label="Name of the class", sizing_mode="stretch_width")
        go = pmui.Button(label="Add class", color="primary", variant="contained", on_click=lambda _: self.add())
        self.name.param.watch(lambda _: self.add(), "enter_pressed")
        self._dialog = Dialog(
            self.name,
            pn.Row(go, leave_button("Cancel", self._close)),
            title="Add a class",
            open=False,
            width_option="sm",
        )
        self._menu.on_click(self._choose)
        self.view = pn.Row(self._menu, self._dialog, margin=0)
        self.follow(self._show, "config")
        self._show()

    def add(self) -> None:
        """Add the class whose name was typed, and close the dialog unless it is refused."""
        name = self.name.value_input or self.name.value

        def add_class() -> None:
            self.session.settings.add_class(name)
            self._close()

        self.run_command(add_class)

    def _show(self) -> None:
        session, config = self.session, self.session.state.config
        self.entries = {
            f"Train a learner for {config.shown(name)}": partial(session.training.add_learner, name)
            for name in session.training.without_learner()
        }
        self.entries["Add a class…"] = self._ask
        if not any(map(is_remainder, config.class_names)):
            self.entries[f"Add the class “{OTHER}”"] = partial(session.settings.add_class, OTHER)
        self._menu.items = [{"label": text} for text in self.entries]
        self._menu.disabled = session.read_only

    def _choose(self, item: dict[str, str]) -> None:
        action = self.entries.get(item["label"])
        if action is not None:
            self.run_command(action)

    def _ask(self) -> None:
        self.name.value = ""
        self._dialog.open = True

    def _close(self) -> None:
        self._dialog.open = False
