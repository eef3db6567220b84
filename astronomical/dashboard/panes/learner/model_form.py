"""Form for the models of a learner: one model, or a committee of several."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

import panel as pn
import panel_material_ui as pmui

from astronomical.config.errors import naming_input
from astronomical.config.schema import ExtensionConfig, LearnerConfig
from astronomical.dashboard.ui.components import Message
from astronomical.dashboard.ui.parameter_widgets import ParameterBox
from astronomical.dashboard.ui.safe_text import Html
from astronomical.errors import InvalidInputError
from astronomical.learning.models.other_classifiers import PACKAGES
from astronomical.plugins.registry import Registry, UnknownExtensionError
from astronomical.session import Session

__all__ = ["ModelRows"]

MOST_MODELS: int = next(
    item.max_length for item in LearnerConfig.model_fields["models"].metadata if hasattr(item, "max_length")
)


class ModelRows:
    """Rows of models with their parameters, which can be added and removed.

    Parameters
    ----------
    session
        The project, which provides and tries the models.
    on_change
        Called after the number of models has changed.

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
        self._add = pmui.Button(
            label="Add a second model (committee)",
            variant="text",
            size="small",
            margin=(0, 4),
            description="Several models vote. Labels of sources on which they disagree help most.",
        )
        self._add.on_click(lambda *_: self._append())
        self.view = pn.Column(self._list, self._add, margin=0, sizing_mode="stretch_width")

    def __len__(self) -> int:
        return len(self._rows)

    @property
    def models(self) -> list[ExtensionConfig]:
        """The models, as written in the project file."""
        with naming_input("Models"):
            return [ExtensionConfig(name=row.name, parameters=row.parameters.values) for row in self._rows]

    def show(self, models: Sequence[ExtensionConfig]) -> None:
        """Show the models of a learner."""
        self._rows = [_Row(self._session, model, self._remove) for model in models]
        self._show_rows()

    def show_obstacles(self) -> None:
        """Show at each model why it cannot be saved, as far as this is known."""
        for row in self._rows:
            row.show_obstacle()

    def _append(self) -> None:
        """Add a model that is not in the list yet, or else the first one again."""
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
        self._add.label = "Add a second model (committee)" if len(self._rows) == 1 else "Add a model"
        self._add.disabled = len(self._rows) >= MOST_MODELS
        self._on_change()


#: Choice of a model by its import path. No model has an empty name.
_OTHER = ""


class _Row:
    """Row of one model: its name, its parameters behind a button, and a button to remove it."""

    def __init__(self, session: Session, model: ExtensionConfig, on_remove: Callable[[_Row], None]) -> None:
        self._session, self._registry = session, session.registry
        self.parameters = ParameterBox(self.show_obstacle)
        self._alone = False
        self._select = pmui.Select(
            label="Model",
            options=_titles(self._registry, model.name),
            value=model.name,
            size="small",
            sizing_mode="stretch_width",
            margin=(6, 4),
        )
        self._more = pmui.Toggle(
            label="Parameters",
            size="small",
            margin=(7, 2),
            value=False,
            sx={"textTransform": "none", "padding": "4px 8px", "color": "text.primary"},
        )
        self._less = pmui.Button(label="Remove", variant="text", size="small", margin=(8, 2), color="default")
        self._help = Html(margin=(0, 8), sizing_mode="stretch_width", styles={"font-size": "12px"})
        self._obstacle = Message(severity="warning")
        self.view = pn.Column(
            pn.Row(self._select, self._more, self._less, margin=0, sizing_mode="stretch_width"),
            self._help,
            self._obstacle.view,
            self.parameters.view,
            margin=0,
            sizing_mode="stretch_width",
        )
        self._path = pmui.TextInput(
            label="Import path of a classifier",
            placeholder="xgboost.XGBClassifier; press Enter",
            helper_text=f"With the interface of scikit-learn, of {', '.join(PACKAGES)}.",
            size="small",
            sizing_mode="stretch_width",
            margin=(6, 4),
            visible=False,
        )
        self.view.insert(1, self._path)
        self._select.param.watch(lambda *_: self._show({}), "value")
        self._path.param.watch(lambda *_: self._show({}), "value")
        self._more.param.watch(lambda *_: self._fold(), "value")
        self._less.on_click(lambda *_: partial(on_remove, self)())
        self._show(model.parameters)

    @property
    def name(self) -> str:
        """Name of the model in the project file."""
        return str(self._path.value).strip() if self._select.value == _OTHER else str(self._select.value)

    def place(self, place: int, of: int) -> None:
        """Show the number of the row. A single model cannot be removed, and shows its parameters."""
        self._select.label = "Model" if of == 1 else f"Model {place}"
        self._alone = of == 1
        self._less.visible = of > 1
        self._more.value = self._more.value if of > 1 else True
        self._fold()

    def _show(self, values: dict[str, bool | int | float | str]) -> None:
        self._obstacle.show("")
        self._path.visible = self._select.value == _OTHER
        if not self.name:
            self._help.object = ""
            return
        try:
            extension = self._registry.find("model", self.name).extension
        except UnknownExtensionError as error:  # from a plugin that is not loaded, or no classifier
            self._help.object = f"{error}." if self._path.visible else "This model is not installed here."
            return
        self._help.object = extension.help
        self.parameters.show(extension, values)
        self._fold()
        self.show_obstacle()

    def show_obstacle(self) -> None:
        """Show early if the trained model cannot be saved, before the user gives many labels."""
        try:
            with naming_input(self.name):
                model = ExtensionConfig(name=self.name, parameters=self.parameters.values)
        except InvalidInputError:  # a field shows its own message
            return
        self._session.models.try_saving(model)
        self._obstacle.show(self._session.models.obstacle_to_saving(model))

    def _fold(self) -> None:
        self.parameters.view.visible = self._more.value and not self.parameters.is_empty
        self._more.visible = not (self._alone or self.parameters.is_empty)


def _titles(registry: Registry, name: str) -> dict[str, str]:
    """Return the models by title, including the current one even if it is not installed."""
    known = {entry.extension.title: entry.extension.name for entry in registry.entries("model")}
    if name not in known.values():
        try:
            known[registry.find("model", name).extension.title] = name
        except UnknownExtensionError:
            known[f"{name} (not installed)"] = name
    return {**known, "Other…": _OTHER}
