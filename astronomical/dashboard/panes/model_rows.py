"""The models of a learner: one, or a committee of several."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

import panel as pn
import panel_material_ui as pmui

from astronomical.config.schema import ExtensionConfig, LearnerConfig
from astronomical.dashboard.parameters import ParameterBox
from astronomical.dashboard.parts import Message
from astronomical.plugins.registry import Registry, UnknownExtensionError
from astronomical.session.session import Session

__all__ = ["ModelRows"]

MOST_MODELS: int = next(item.max_length for item in LearnerConfig.model_fields["models"].metadata
                        if hasattr(item, "max_length"))


class ModelRows:
    """Rows of models with their parameters; rows are added and removed.

    Parameters
    ----------
    session
        The project: where models are found, and tried.
    on_change
        Called when the number of models has changed.

    Attributes
    ----------
    view
        The Panel object.
    """

    def __init__(self, session: Session, on_change: Callable[[], None]) -> None:
        self._session, self._registry = session, session.registry
        self._on_change = on_change
        self._rows: list[_Row] = []
        self._list = pn.Column(margin=0, sizing_mode="stretch_width")
        self._add = pmui.Button(label="Add a model: a committee", variant="text", size="small", margin=(0, 4),
                                description="Several models vote; where they disagree a label tells most")
        self._add.on_click(lambda *_: self._append())
        self.view = pn.Column(self._list, self._add, margin=0, sizing_mode="stretch_width")

    def __len__(self) -> int:
        return len(self._rows)

    @property
    def models(self) -> list[ExtensionConfig]:
        """The models as they stand in the config."""
        return [ExtensionConfig(name=row.name, parameters=row.parameters.values) for row in self._rows]

    def show(self, models: Sequence[ExtensionConfig]) -> None:
        """Show the models of a learner."""
        self._rows = [_Row(self._session, model, self._remove) for model in models]
        self._show_rows()

    def show_obstacles(self) -> None:
        """Say by each model what keeps it from being saved, as far as that is known by now."""
        for row in self._rows:
            row.show_obstacle()

    def _append(self) -> None:
        """Add a model of a kind that is not there yet, or the first one once more."""
        names = [entry.extension.name for entry in self._registry.entries("model")]
        there = {row.name for row in self._rows}
        name = next((name for name in names if name not in there), names[0])
        self._rows.append(_Row(self._session, ExtensionConfig(name=name), self._remove))
        self._show_rows()

    def _remove(self, row: _Row) -> None:
        self._rows = [other for other in self._rows if other is not row]
        self._show_rows()

    def _show_rows(self) -> None:
        for place, row in enumerate(self._rows, start=1):
            row.place(place, len(self._rows))
        self._list.objects = [row.view for row in self._rows]
        self._add.label = "Add a model: a committee" if len(self._rows) == 1 else "Add a model"
        self._add.disabled = len(self._rows) >= MOST_MODELS
        self._on_change()


class _Row:
    """One model: its kind, its parameters behind a button, and a way to remove it."""

    def __init__(self, session: Session, model: ExtensionConfig, on_remove: Callable[[_Row], None]) -> None:
        self._session, self._registry = session, session.registry
        self.parameters = ParameterBox(self.show_obstacle)
        self._alone = False
        self._select = pmui.Select(label="Model", options=_titles(self._registry, model.name), value=model.name,
                                   size="small", sizing_mode="stretch_width", margin=(6, 4))
        self._more = pmui.Toggle(label="Parameters", size="small", margin=(7, 2), value=False,
                                 sx={"textTransform": "none", "padding": "4px 8px", "color": "text.primary"})
        self._less = pmui.Button(label="Remove", variant="text", size="small", margin=(8, 2), color="default")
        self._help = pn.pane.HTML(margin=(0, 8), sizing_mode="stretch_width", styles={"font-size": "12px"})
        self._obstacle = Message(severity="warning")
        self.view = pn.Column(
            pn.Row(self._select, self._more, self._less, margin=0, sizing_mode="stretch_width"),
            self._help, self._obstacle.view, self.parameters.view, margin=0, sizing_mode="stretch_width",
        )
        self._select.param.watch(lambda *_: self._show({}), "value")
        self._more.param.watch(lambda *_: self._fold(), "value")
        self._less.on_click(lambda *_: partial(on_remove, self)())
        self._show(model.parameters)

    @property
    def name(self) -> str:
        """Name of the model in the config."""
        return str(self._select.value)

    def place(self, place: int, of: int) -> None:
        """Show where the row stands; a single model cannot be removed, and shows its parameters."""
        self._select.label = "Model" if of == 1 else f"Member {place}"
        self._alone = of == 1
        self._less.visible = of > 1
        self._more.value = self._more.value if of > 1 else True
        self._fold()

    def _show(self, values: dict[str, bool | int | float | str]) -> None:
        self._obstacle.show("")
        try:
            extension = self._registry.find("model", self.name).extension
        except UnknownExtensionError:  # of a plugin that is not loaded
            self._help.object = "This model is not installed here."
            return
        self._help.object = extension.help
        self.parameters.show(extension, values)
        self._fold()
        self.show_obstacle()

    def show_obstacle(self) -> None:
        """Say at once if what will be learnt cannot be saved: after many labels it would be late."""
        try:
            model = ExtensionConfig(name=self.name, parameters=self.parameters.values)
        except ValueError:  # a field says what is wrong with it
            return
        self._session.try_saving(model)
        self._obstacle.show(self._session.obstacle_to_saving(model))

    def _fold(self) -> None:
        self.parameters.view.visible = self._more.value and not self.parameters.is_empty
        self._more.visible = not (self._alone or self.parameters.is_empty)


def _titles(registry: Registry, name: str) -> dict[str, str]:
    """Return the models by title, with the one in use even if it is not installed."""
    known = {entry.extension.title: entry.extension.name for entry in registry.entries("model")}
    return known if name in known.values() else {**known, f"{name} (not installed)": name}
