"""Settings of an open project, with the effects of each change before it is applied."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import panel as pn
import panel_material_ui as pmui

from astronomical.config.schema import CombinationConfig, Config
from astronomical.dashboard.page.catalogue_field import catalogue_field
from astronomical.dashboard.page.import_form import ImportForm
from astronomical.dashboard.page.labelling_fields import LabellingFields
from astronomical.dashboard.page.light_curve_fields import LightCurveFields
from astronomical.dashboard.page.map_fields import MapFields
from astronomical.dashboard.page.merge_form import MergeForm
from astronomical.dashboard.page.subsets_form import SubsetsForm, population_fields
from astronomical.dashboard.ui.components import Message, heading, memory_switch, row
from astronomical.dashboard.ui.dialog import Drawer
from astronomical.dashboard.ui.session_view import SessionView
from astronomical.dashboard.ui.tab_row import TabRow
from astronomical.dashboard.wizard.class_rows import ClassRows
from astronomical.dashboard.wizard.combination_rows import CombinationRows
from astronomical.dashboard.wizard.key_fields import KeyFields
from astronomical.dashboard.wizard.vector_fields import VectorFields
from astronomical.errors import InvalidInputError, explain
from astronomical.session import Session
from astronomical.session.data.class_changes import with_class, with_names
from astronomical.session.data.settings_changes import JOB, ChangePlan
from astronomical.session.project.learned_classes import OTHER
from astronomical.setup.classes import ClassTable, LabelValue
from astronomical.setup.input_parsing import match_columns, numbers_of, virtual_lines, virtual_of, words_of

__all__ = ["SettingsDrawer"]

_POLICIES = {"let the model handle them": "native", "fill with the median": "median", "exclude the source": "drop"}
_SCALINGS = {"none": "none", "mean 0, standard deviation 1": "standard"}
_KEEPING = {
    "saved as .skops: loading them runs no code": "skops",
    "saved as .joblib: for models of plugins": "joblib",
    "not saved": "",
}
_NOTHING = "No changes yet."
_WIDTH = 600

#: Role and name of the drawer, which it takes from the theme only. Keys label nothing while a dialog is open.
_PAPER = {"role": "dialog", "aria-modal": "true", "aria-label": "Settings"}
_NAMED = {"components": {"MuiDrawer": {"defaultProps": {"slotProps": {"paper": _PAPER}}}}}


class SettingsDrawer(SessionView):
    """Edit the settings, show the effects of the changes, and show the progress while they are applied.

    Parameters
    ----------
    session
        The project.
    on_move
        Called when the project is to be moved to another catalogue.

    Attributes
    ----------
    view
        The drawer.
    """

    def __init__(self, session: Session, on_move: Callable[[], None]) -> None:
        super().__init__(session)
        self._filling = self._applying = False
        self._classes = ClassTable()
        self._combinations: tuple[CombinationConfig, ...] = ()
        wide: dict[str, Any] = {"size": "small", "sizing_mode": "stretch_width"}
        self._title = pmui.TextInput(label="Title", **wide)
        self._rows = ClassRows(self._on_class)
        self._new_class = pmui.TextInput(label="Add a class", placeholder="Name of the class; press Enter", **wide)
        self._other = pmui.Button(
            label=f"Add the class “{OTHER}”",
            size="small",
            variant="outlined",
            on_click=lambda _: self._add_class(OTHER),
        )
        self._keys = KeyFields(self._on_keys)
        self._chosen_keys: dict[str, str] = {}
        self._unknown = pmui.TextInput(label="Labels that mean unknown", **wide)
        self._use_unknown = pmui.Switch(label="Query sources without a known label too", margin=(8, 10))
        self._dropped = pmui.MultiChoice(label="Excluded classes", sizing_mode="stretch_width")
        self._features = pmui.MultiChoice(label="Feature columns", sizing_mode="stretch_width")
        self._pattern = pmui.TextInput(
            label="Select by name or pattern",
            placeholder="*mag  or  /^w[1-4]/",
            helper_text="Separated by commas; press Enter.",
            **wide,
        )
        self._vectors = VectorFields(lambda _: self._consider())
        self._combine = CombinationRows(session.registry, self._on_combinations)
        self._scaling = pmui.Select(label="Scaling", options=_SCALINGS, **wide)
        self._policy = pmui.Select(label="Missing values", options=_POLICIES, **wide)
        self._missing = pmui.TextInput(label="Missing-value codes", placeholder="-99, -999", **wide)
        self._virtual = pmui.TextAreaInput(
            label="Virtual columns",
            placeholder="colour = g - r",
            rows=4,
            auto_grow=True,
            helper_text="One on each line: name = expression, such as mag = flux_to_abmag(flux). Once they are "
            "applied, they can be used like other columns: as features, axes and criteria.",
            sizing_mode="stretch_width",
        )
        self._extra = pmui.MultiChoice(label="Columns shown for a source", sizing_mode="stretch_width")
        self._map = MapFields(session)
        self._light_curves = LightCurveFields(session)
        self._memory = memory_switch()
        self._keeping = pmui.Select(label="Models of the rounds", options=_KEEPING, **wide)
        self._labelling = LabellingFields()
        self._subsets = SubsetsForm(session)
        self._import, self._merge = ImportForm(session), MergeForm(session)
        self._scope, self._askable = population_fields()
        self._effects = Message(_NOTHING, "info")
        self._bar = pmui.LinearProgress(value=0, sizing_mode="stretch_width", visible=False)
        self._go = pmui.Button(label="Apply", variant="contained", disabled=True, on_click=lambda _: self._apply())
        close = pmui.Button(label="Cancel", variant="text", on_click=lambda _: self.put_away())
        self._sections: dict[str, list[Any]] = {
            "Project": [self._title, self._memory, self._extra, self._keeping, catalogue_field(session, on_move)],
            "Classes": [
                self._rows.view,
                row(self._new_class, self._other),
                self._dropped,
                self._unknown,
                self._use_unknown,
            ],
            "Labelling": [*self._labelling.widgets, self._keys.view],
            "Annotators": [self._import.view, self._merge.view],
            "Features": [
                self._pattern,
                self._features,
                self._vectors.view,
                self._combine.view,
                row(self._scaling, self._policy),
                self._missing,
            ],
            "Columns": [self._virtual, self._map.view, self._light_curves.view],
            "Subsets": [self._subsets.view, self._scope, self._askable],
        }
        # Mounting components takes time, especially those of Material, so show one part at a time.
        self._tabs = TabRow(self._choose, margin=(0, 10, 8, 10))
        self._form = pn.Column(
            sizing_mode="stretch_width", margin=0, styles={"flex": "1 1 0", "overflow-y": "auto", "min-height": "0"}
        )
        foot = pn.Column(
            self._effects.view, self._bar, pn.Row(self._go, close, margin=(4, 0)), sizing_mode="stretch_width", margin=0
        )
        self.view = Drawer(
            heading("Settings"),
            self._tabs,
            self._form,
            foot,
            anchor="right",
            open=False,
            size=_WIDTH,
            theme_config=_NAMED,
            sx={
                "padding": "14px 16px 8px",
                "boxSizing": "border-box",
                # labels use the colour of the paper, without an overlay
                "maxWidth": "96vw",
                "backgroundImage": "none",
            },
        )
        for widget in (
            self._title,
            self._unknown,
            self._use_unknown,
            self._dropped,
            self._features,
            self._scaling,
            self._policy,
            self._missing,
            self._virtual,
            self._extra,
            self._memory,
            self._keeping,
            *self._labelling.widgets,
            self._scope,
            self._askable,
        ):
            widget.param.watch(lambda _: self._consider(), "value")
        self._pattern.param.watch(self._on_pattern, "enter_pressed")
        self._new_class.param.watch(lambda _: self._add_class(self._new_class.value_input), "enter_pressed")
        self.view.param.watch(lambda event: None if event.new else self._subsets.sleep(), "open")
        self.follow(self._show_progress, "jobs")

    def open(self) -> None:
        """Open the drawer with the current settings."""
        self._fill()
        self._consider()
        self._choose("Project")
        for form in (self._subsets, self._import, self._merge):
            form.open()
        self.view.open = True

    def put_away(self) -> None:
        """Close the drawer without changing anything."""
        self.view.open = False

    def close(self) -> None:
        """Close the views."""
        for part in (self._subsets, self._import, self._merge, self._map, self._light_curves):
            part.close()
        super().close()

    def _choose(self, name: str) -> None:
        """Show one part of the settings. Entries in the other parts are kept."""
        self._tabs.shown = {"names": list(self._sections), "chosen": name}
        if name == "Columns":
            self._map.show()
            self._light_curves.show()
        if self._form.objects != self._sections[name]:
            self._form.objects = self._sections[name]

    def _fill(self) -> None:
        config, data = self.session.state.config, self.session.dataset
        numeric = list(data.catalogue.numeric_columns)
        readable = [column.name for column in data.catalogue.columns if column.kind != "vector"]
        self._filling = True
        self._title.value = config.project.title
        self._scope.value, self._askable.value = config.population.scope or "", config.population.askable or ""
        self._classes = ClassTable(
            tuple(
                LabelValue(entry.value, data.counts.get(entry.name, 0), config.shown(entry.name), entry.colour)
                for entry in config.labels
            )
        )
        self._rows.show(self._classes, with_counts=True)
        self._chosen_keys = {config.shown(name): key for name, key in config.keys.items()}
        self._new_class.value = ""
        self._memory.value = config.catalogue.optimise_memory
        self._labelling.show(config.labelling)
        self._unknown.param.update(
            value=", ".join(config.catalogue.unknown_labels), visible=config.catalogue.label is not None
        )
        self._use_unknown.value = config.split.use_unknown
        self._dropped.param.update(
            options={shown: name for name, shown in config.shown_names.items()}, value=list(config.split.drop)
        )
        self._features.param.update(options=numeric, value=list(config.features.columns))
        self._vectors.show_config(data.catalogue.vectors, config.features.vectors)
        self._combinations = config.features.combinations
        self._combine.show(self._combinations, numeric)
        self._scaling.value, self._policy.value = config.features.scaling, config.features.missing
        self._missing.value = ", ".join(f"{value:g}" for value in config.catalogue.missing)
        self._virtual.value = virtual_lines(config.catalogue.virtual)
        self._extra.param.update(options=readable, value=list(config.catalogue.extra_columns))
        self._keeping.value = config.models.format if config.models.keep else ""
        self._filling = False

    # -- input -------------------------------------------------------------------------------------

    def _on_class(self, value: str, name: str | None, colour: str | None) -> None:
        self._classes = self._classes.changed(value, name=name, colour=colour)
        self._consider()

    def _add_class(self, name: str) -> None:
        """Add a class to the form; it is added to the project with the other changes."""
        try:
            added = with_class(self._changed(), name).labels[-1]
        except Exception as error:
            self._effects.show(explain(error), "error")
            return
        entry = LabelValue(added.value, 0, added.name, added.colour)
        self._classes = ClassTable((*self._classes.entries, entry))
        self._new_class.value = ""
        self._rows.show(self._classes, with_counts=True)
        self._consider()

    def _on_keys(self, keys: dict[str, str]) -> None:
        if keys != self._chosen_keys:
            self._chosen_keys = keys
            self._consider()

    def _on_combinations(self, combinations: tuple[CombinationConfig, ...]) -> None:
        self._combinations = combinations
        self._consider()

    def _on_pattern(self, _: Any) -> None:
        found, unknown = match_columns(self._pattern.value_input, self.session.dataset.catalogue.numeric_columns)
        message = f"No numeric column matches {', '.join(unknown)}." if unknown else f"{len(found)} columns selected."
        self._pattern.param.update(error_state=bool(unknown), helper_text=message)
        if found and not unknown:
            self._features.value = list(found)

    def _changed(self) -> Config:
        """Return the config with the new settings."""
        config: Config = self.session.state.config
        if problems := self._classes.problems():
            raise InvalidInputError(problems[0])
        labels = with_names(
            config, ((entry.value, entry.name, entry.colour) for entry in self._classes.entries), self._is_fixed
        )
        names = {entry.title or entry.name: entry.name for entry in labels}
        order, columns = self.session.dataset.catalogue.numeric_columns, config.features.columns
        if set(columns) != set(self._features.value):  # else keep the order
            columns = tuple(sorted(self._features.value, key=order.index))
        return config.model_copy(
            update={
                "project": config.project.model_copy(
                    update={"title": self._title.value.strip() or config.project.title}
                ),
                "labels": labels,
                "keys": {names[shown]: key for shown, key in self._chosen_keys.items() if shown in names},
                "labelling": self._labelling.changed(config.labelling),
                "split": config.split.model_copy(
                    update={"use_unknown": self._use_unknown.value, "drop": tuple(self._dropped.value)}
                ),
                "population": config.population.model_copy(
                    update={
                        "scope": self._scope.value.strip() or None,
                        "askable": self._askable.value.strip() or None,
                    }
                ),
                "features": config.features.model_copy(
                    update={
                        "columns": columns,
                        "scaling": self._scaling.value,
                        "missing": self._policy.value,
                        "combinations": self._combinations,
                        "vectors": self._vectors.config(config.features.vectors),
                    }
                ),
                "catalogue": config.catalogue.model_copy(
                    update={
                        "missing": numbers_of(self._missing.value),
                        "virtual": virtual_of(self._virtual.value.splitlines(), config.catalogue.virtual),
                        "unknown_labels": words_of(self._unknown.value),
                        "extra_columns": tuple(self._extra.value),
                        "optimise_memory": self._memory.value,
                    }
                ),
                "models": config.models.model_copy(
                    update={"keep": bool(self._keeping.value), "format": self._keeping.value or config.models.format}
                ),
            }
        )

    def _is_fixed(self, name: str) -> bool:
        """Return whether the name of a class cannot change, because labels or a learner refer to it."""
        learner = self.session.state.config.learner(name)
        return self.session.ledger.n_uses(name) > 0 or (learner is not None and learner.started)

    def _plan(self) -> ChangePlan | None:
        try:
            return self.session.settings.plan(self._changed())
        except Exception as error:
            self._effects.show(explain(error), "error")
            return None

    def _consider(self) -> None:
        """Show the effects of the new settings."""
        if self._filling or self._applying:
            return
        self._keys.show(self._classes.names, self._chosen_keys)
        plan = self._plan()
        self._go.disabled = plan is None or not plan.effects
        if plan is not None:
            self._effects.show("\n".join(plan.effects) or _NOTHING, "warning" if plan.rebuilds else "info")

    def _apply(self) -> None:
        plan = self._plan()
        if plan is None or not plan.effects:
            return
        self._applying = True
        self._go.disabled = self._bar.visible = True
        self.run_command(lambda: self.session.settings.change(plan.config))
        self._show_progress()

    def _show_progress(self) -> None:
        if not self._applying:
            return
        job = next((job for job in self.session.state.jobs if job.name == JOB), None)
        if job is not None:
            self._bar.value = round(100 * (job.fraction or 0))
            return
        self._finish()
        self.view.open = False

    def _finish(self) -> None:
        self._applying = self._bar.visible = False
        self._consider()
