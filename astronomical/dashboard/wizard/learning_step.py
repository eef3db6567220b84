"""Step 3 of the wizard: choose the classes to train and the features."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import panel as pn
import panel_material_ui as pmui

from astronomical.config.schema import MAX_SAME_ARCSEC, CombinationConfig
from astronomical.dashboard.ui.components import Message, hint, memory_switch, plain_table, row, section, set_hint
from astronomical.dashboard.ui.styles import PLAIN_NUMBER
from astronomical.dashboard.wizard.combination_rows import CombinationRows
from astronomical.dashboard.wizard.key_fields import KeyFields
from astronomical.dashboard.wizard.vector_fields import VectorFields
from astronomical.session.data.vectors import vector_text
from astronomical.setup.input_parsing import match_columns
from astronomical.setup.suggestions import (
    about_left_out,
    columns_by_unit,
    left_out,
    measured_columns,
    missing_shares,
    suggest_features,
    suggested_magnitudes,
)

if TYPE_CHECKING:
    from astronomical.dashboard.wizard.wizard import Wizard

__all__ = ["LearningStep"]

_AUTOMATIC = "(automatic)"
_POLICIES = {"let the model handle them": "native", "fill with the median": "median", "exclude the source": "drop"}
_POLICY_HELP = (
    "Random forests and gradient boosting accept missing values; other models get the median of the training "
    "set. Excluded sources are neither queried nor scored."
)
_SHOWN = 6


class LearningStep:
    """Fields for the classes, the features and related settings."""

    def __init__(self, wizard: Wizard) -> None:
        self.wizard = wizard
        self._filling = False
        wide: dict[str, Any] = {"size": "small", "sizing_mode": "stretch_width"}
        self.train = pmui.MultiChoice(
            label="Classes to train",
            options=[],
            sizing_mode="stretch_width",
            description="Each class gets its own learner: this class against the rest.",
        )
        self.dropped = pmui.MultiChoice(
            label="Excluded classes",
            options=[],
            sizing_mode="stretch_width",
            placeholder="none",
            description="Their sources are neither queried nor scored.",
        )
        self.unknown = pmui.Switch(label="Query sources without a known label too", value=True, margin=(8, 10))
        self.features = pmui.MultiChoice(
            label="Feature columns",
            options=[],
            sizing_mode="stretch_width",
            description="Columns that the models learn from. Leave out ids, dates, and columns that reveal the class.",
        )
        self.pattern = pmui.TextInput(
            label="Select by name or pattern",
            placeholder="u,g,r,i,z  or  *mag  or  /^w[1-4]/",
            helper_text="Separated by commas; press Enter.",
            **wide,
        )
        self.by_unit = pmui.Select(label="Add by unit", options={"": ""}, value="", size="small", width=220)
        self.vectors = VectorFields(self._on_change)
        self.shares = pn.Column(sizing_mode="stretch_width", margin=0)
        self._shown_shares: Any = None
        self.keys = KeyFields(self._on_keys)
        self.curated = pmui.Switch(label="Use a test set that I label myself", value=False, margin=(8, 10))
        self.suggested = pmui.Button(
            label="Suggested",
            variant="outlined",
            margin=(7, 4, 5, 10),
            description="Magnitudes and their colours",
        )
        self.all = pmui.Button(
            label="All numeric",
            variant="outlined",
            margin=(7, 4),
            description="All numeric columns, except ids, dates, positions, errors, constants, redshifts and results "
            "of classifications. You can add those by name.",
        )
        self.none = pmui.Button(label="None", variant="outlined", margin=(7, 10, 5, 4))
        self.combinations = CombinationRows(wizard.draft.registry, self._on_combinations)
        self.count, self.left_out = hint(""), hint("")
        self.feature_state = Message()
        self.scaling = pmui.Select(
            label="Scaling",
            options={"none": "none", "mean 0, standard deviation 1": "standard"},
            **wide,
            description="Recommended for nearest neighbours. Trees and forests do not need it; "
            "logistic regression and Gaussian processes scale the features themselves.",
        )
        self.missing = pmui.Select(label="Missing values", options=_POLICIES, **wide, description=_POLICY_HELP)
        self.x = pmui.Select(label="x of the first plot", options={_AUTOMATIC: ""}, value="", **wide)
        self.y = pmui.Select(label="y of the first plot", options={_AUTOMATIC: ""}, value="", **wide)
        self.seed = pmui.IntInput(
            label="Seed",
            value=0,
            start=0,
            sx=PLAIN_NUMBER,
            **wide,
            description="The same seed gives the same split, queries and scores.",
        )
        self.same = pmui.FloatInput(
            label="Same object within (arcsec)",
            value=1.0,
            start=0.0,
            end=MAX_SAME_ARCSEC,
            step=0.5,
            sx=PLAIN_NUMBER,
            **wide,
            description="Sources this close to each other, or with the same features, are one object: in one set of "
            "the split, and queried once. Leave it empty to treat all sources as different.",
        )
        self.memory = memory_switch()
        self.axes_state = Message()
        self.plugins = Message("\n".join(wizard.problems), "warning")
        self.view = pn.Column(
            self.plugins.view,
            section("Classes", row(self.train, self.dropped), row(self.unknown, self.curated), self.keys.view),
            section(
                "Features",
                row(self.pattern, self.by_unit, self.suggested, self.all, self.none),
                self.features,
                self.vectors.view,
                self.shares,
                self.combinations.view,
                self.count,
                self.left_out,
                self.feature_state.view,
            ),
            section(
                "Settings",
                row(self.scaling, self.missing, self.seed),
                row(self.x, self.y, self.same),
                self.axes_state.view,
                self.memory,
            ),
            sizing_mode="stretch_width",
            margin=0,
        )
        self._watch()

    def _watch(self) -> None:
        for widget in (
            self.train,
            self.dropped,
            self.unknown,
            self.features,
            self.scaling,
            self.missing,
            self.x,
            self.y,
            self.seed,
            self.same,
            self.curated,
            self.memory,
        ):
            widget.param.watch(self._on_change, "value")
        self.pattern.param.watch(self._on_pattern, "enter_pressed")
        self.pattern.param.watch(self._on_pattern, "value")
        self.by_unit.param.watch(self._on_unit, "value")
        self.suggested.on_click(lambda _: self._suggest())
        self.all.on_click(lambda _: self._choose(measured_columns(self.wizard.draft)))
        self.none.on_click(lambda _: self._choose(()))

    def prepare(self) -> None:
        """Fill in the fields from the earlier steps."""
        draft = self.wizard.draft
        self._filling = True
        if not draft.suggested and not draft.features:
            draft.suggested = True
            suggest_features(draft)
        self.suggested.visible = bool(suggested_magnitudes(measured_columns(draft)))
        set_hint(self.left_out, about_left_out(left_out(draft).items()))
        names = list(draft.classes.names)
        draft.dropped = tuple(name for name in draft.dropped if name in names)
        self.train.param.update(options=names, value=list(draft.trained))
        self.dropped.param.update(options=names, value=list(draft.dropped))
        self.unknown.param.update(value=draft.use_unknown, visible=draft.labels is not None)
        self.features.param.update(options=list(draft.numeric_columns), value=list(draft.features))
        self.vectors.show(draft.vector_lengths, draft.vectors, draft.components)
        self.combinations.show(draft.combinations, draft.numeric_columns)
        self.scaling.value, self.missing.value, self.seed.value = draft.scaling, draft.missing_policy, draft.seed
        units = {
            f"{unit} ({len(names)} column{'' if len(names) == 1 else 's'})": unit
            for unit, names in columns_by_unit(draft).items()
        }
        self.by_unit.param.update(options={"": "", **units}, value="", visible=bool(units))
        self.curated.value, self.memory.value = draft.curated_test, draft.optimise_memory
        self.same.value = draft.same_within_arcsec
        self._fill_axes()
        self._filling = False

    def refresh(self) -> None:
        """Show the problems and the number of features."""
        draft = self.wizard.draft
        wrong = {issue.field: issue.text for issue in reversed(draft.issues("learning")) if not issue.open}
        self.dropped.param.update(error_state="dropped" in wrong, helper_text=wrong.get("dropped", ""))
        self.vectors.message.show(wrong.get("vectors", ""))
        self.feature_state.show(wrong.get("features", wrong.get("combinations", "")))
        self.axes_state.show(wrong.get("axes", wrong.get("seed", "")))
        self.keys.show(draft.classes.names, draft.chosen_keys)
        set_hint(self.count, self._summary())
        self._show_shares()

    def _show_shares(self) -> None:
        """Show the unit and the missing values of the chosen columns."""
        shares = missing_shares(self.wizard.draft)
        if shares == self._shown_shares:
            return
        self._shown_shares = shares
        rows = [(name, unit, f"{share:.1%}" if share else "none") for name, (unit, share) in shares.items()]
        table = plain_table(("Column", "Unit", "Missing"), rows, numbers=(2,), max_height=168)
        self.shares.objects = [table] if rows else []

    def _summary(self) -> str:
        draft = self.wizard.draft
        n, n_columns = draft.n_features, len(draft.features)
        if not n:
            return "No features yet."
        names = draft.feature_names()
        vectors = [vector_text(item) for item in draft.features_config.vectors]
        shown = ", ".join([*names[:_SHOWN], *(["…"] if len(names) > _SHOWN else []), *vectors])
        n_combined = max(len(names) - n_columns, 0)
        made = f" ({n_columns:,} column{'' if n_columns == 1 else 's'} and {n_combined:,} combinations)"
        return f"{n:,} feature{'' if n == 1 else 's'}{made if n_combined else ''}{': ' if shown else '.'}{shown}"

    def _fill_axes(self) -> None:
        draft = self.wizard.draft
        options = {_AUTOMATIC: "", **{name: name for name in draft.axis_names}}
        for widget, value in ((self.x, draft.axes[0]), (self.y, draft.axes[1])):
            if value is not None and value not in options:
                options = {**options, value: value}  # the rules report that it no longer exists
            widget.param.update(options=options, value=value or "")

    def _on_change(self, _: Any) -> None:
        if self._filling:
            return
        draft = self.wizard.draft
        names = draft.classes.names
        chosen = tuple(name for name in names if name in self.train.value)
        draft.train = None if chosen == draft.trained_by_default else chosen
        draft.dropped, draft.use_unknown = tuple(self.dropped.value), self.unknown.value
        draft.curated_test, draft.optimise_memory = self.curated.value, self.memory.value
        draft.same_within_arcsec = self.same.value
        if tuple(self.features.value) != draft.features:
            order = draft.numeric_columns
            draft.features = tuple(sorted(self.features.value, key=order.index))
            self._features_changed()
        draft.vectors, draft.components = self.vectors.chosen, self.vectors.components
        draft.scaling, draft.missing_policy = self.scaling.value, self.missing.value
        draft.axes, draft.seed = (
            (self.x.value or None, self.y.value or None),
            -1 if self.seed.value is None else self.seed.value,
        )
        self.wizard.refresh()
        if draft.check is not None and draft.check.plan != draft.id_plan:  # the seed decides what is in memory
            pn.state.execute(self.wizard.columns.check)

    def _on_keys(self, keys: dict[str, str]) -> None:
        if keys != self.wizard.draft.chosen_keys:
            self.wizard.draft.keys = keys
            self.wizard.refresh()

    def _on_pattern(self, _: Any) -> None:
        text = self.pattern.value_input or self.pattern.value
        if not text.strip():
            self.pattern.param.update(error_state=False, helper_text="Separated by commas; press Enter.")
            return
        found, unknown = match_columns(text, self.wizard.draft.numeric_columns)
        names = ", ".join(unknown)
        self.pattern.param.update(
            error_state=bool(unknown),
            helper_text=(f"No numeric column matches {names}." if unknown else f"{len(found)} columns selected."),
        )
        if found and not unknown:
            self._choose(found)

    def _on_unit(self, event: Any) -> None:
        if event.new and not self._filling:
            draft = self.wizard.draft
            wanted = {*draft.features, *columns_by_unit(draft).get(event.new, ())}
            self._choose(tuple(name for name in draft.numeric_columns if name in wanted))
            self.by_unit.value = ""

    def _choose(self, columns: tuple[str, ...]) -> None:
        draft = self.wizard.draft
        draft.features = tuple(columns)
        self._filling = True
        self.features.value = list(columns)
        self._features_changed()
        self._filling = False
        self.wizard.refresh()

    def _suggest(self) -> None:
        if suggest_features(self.wizard.draft):
            self.combinations.show(self.wizard.draft.combinations, self.wizard.draft.numeric_columns)
            self._choose(self.wizard.draft.features)

    def _on_combinations(self, combinations: tuple[CombinationConfig, ...]) -> None:
        self.wizard.draft.combinations = combinations
        self._features_changed()
        self.wizard.refresh()

    def _features_changed(self) -> None:
        before, self._filling = self._filling, True
        self._fill_axes()
        self._filling = before
