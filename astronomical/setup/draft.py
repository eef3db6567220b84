"""Settings of a project that is being set up, and their problems. Independent of the screen."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal

from astronomical.catalogue.catalogue import IdSource
from astronomical.catalogue.column_uses import other_use
from astronomical.catalogue.errors import CatalogueError
from astronomical.catalogue.feature_plan import FeatureRecipe, count_features, feature_names
from astronomical.catalogue.labels import means_unknown
from astronomical.catalogue.positions import Unit
from astronomical.catalogue.working_set import WorkingSet
from astronomical.config.light_curves import LightCurvesConfig
from astronomical.config.schema import CombinationConfig, FeaturesConfig, LayoutConfig
from astronomical.paths import local_path
from astronomical.plugins.registry import Registry, builtin_registry
from astronomical.session.data.feature_recipe import operations_of, recipe_of
from astronomical.session.data.vectors import vectors_within
from astronomical.session.errors import SessionError
from astronomical.session.project.default_layout import plot_axes
from astronomical.session.project.learned_classes import learned_classes
from astronomical.session.project.new import MAX_CLASSES, ProjectOptions
from astronomical.setup import rules
from astronomical.setup.classes import REST, ClassTable, label_candidates, table_of_names
from astronomical.setup.default_path import default_project, stem_of
from astronomical.setup.input_parsing import groups_of, numbers_of, words_of
from astronomical.setup.options import options_of
from astronomical.setup.rules import MAX_LABELS, STEPS, Issue, Step
from astronomical.setup.table_preview import IdCheck, IdPlan, LabelColumn, Table

__all__ = ["STEPS", "Draft", "Step"]

_N_EXTRA = 8


@dataclass
class Draft:
    """A project that is being set up.

    Attributes
    ----------
    table, uploaded
        The table, for which `use_table` sets everything that depends on it; and whether its file is an upload, to be
        moved beside the project.
    project
        Project file to write, as typed.
    id_source, id_column
        Where the ids come from; None if not chosen yet.
    position, unit
        Columns of right ascension and declination, and the unit of right ascension; None if not chosen yet.
    missing_text, unknown_text, names_text
        Lists as typed, separated by commas.
    keys
        Keys chosen for the classes, by class name.
    vectors, components
        Columns of vectors used as features, and the number of principal components of each; None to use the values.
    working_set
        Number of sources of a large catalogue to keep in memory; None for all.
    optimise_memory
        Whether columns are stored in compact types.
    curated_test
        Whether the annotator labels the test set.
    light_curves
        Where the light curves are; None if there are none.
    layout
        Layout of the panes, taken from another project; None for the default layout.
    dark
        Whether the project has the dark theme.
    registry
        Registry of feature operations.
    rest, rest_values
        What the labels are that were not selected: unknown, one class, or one class that is excluded; and these labels
        unless they are unknown.
    train, axes
        Classes to train, and axes of the first plot; None for all classes and for automatic axes.
    """

    table: Table | None = None
    uploaded: bool = False
    title: str = ""
    project: str = ""
    id_source: IdSource | None = None
    id_column: str | None = None
    check: IdCheck | None = None
    position: tuple[str | None, str | None] = (None, None)
    unit: Unit | None = None
    missing_text: str = ""
    labels: LabelColumn | None = None
    unknown_text: str = ""
    names_text: str = ""
    picked: tuple[str, ...] = ()
    rest: Literal["unknown", "class", "excluded"] = "unknown"
    rest_values: frozenset[str] = frozenset()
    classes: ClassTable = field(default_factory=ClassTable)
    extra_columns: tuple[str, ...] = ()
    image_columns: tuple[str, ...] = ()
    train: tuple[str, ...] | None = None
    dropped: tuple[str, ...] = ()
    features: tuple[str, ...] = ()
    vectors: tuple[str, ...] = ()
    components: int | None = None
    suggested: bool = False
    combinations: tuple[CombinationConfig, ...] = ()
    scaling: Literal["none", "standard"] = "none"
    missing_policy: Literal["native", "median", "drop"] = "native"
    use_unknown: bool = True
    same_within_arcsec: float | None = 1.0
    axes: tuple[str | None, str | None] = (None, None)
    seed: int = 0
    working_set: int | None = None
    optimise_memory: bool = False
    keys: dict[str, str] = field(default_factory=dict)
    curated_test: bool = False
    light_curves: LightCurvesConfig | None = None
    layout: LayoutConfig | None = None
    dark: bool = False
    registry: Registry = field(default_factory=builtin_registry)

    # -- data ---------------------------------------------------------------------------------------

    def use_table(self, table: Table, *, uploaded: bool = False) -> None:
        """Use a table, and reset all settings that belong to the previous one."""
        before = self.table
        if before is not None and (before.path, before.name, before.format) == (table.path, table.name, table.format):
            self.table = table
            self.check = None
            return
        fresh = Draft(title=self.title, project=self.project, layout=self.layout, registry=self.registry)
        if before is None or self.title == stem_of(before.path):
            fresh.title = stem_of(table.path)
        if before is None or self.project == str(default_project(stem_of(before.path))) or not self.project:
            fresh.project = str(default_project(stem_of(table.path)))
        fresh.table, fresh.uploaded = table, uploaded
        fresh._guess(table)
        self.__dict__.update(fresh.__dict__)

    def _guess(self, table: Table) -> None:
        self.working_set = table.suggested_working_set
        self.set_position(table.position or (None, None))
        if table.unique:
            self.id_source, self.id_column = "column", table.unique[0]
        else:
            self.id_source = "position" if table.position else "row"
        self.image_columns = table.images
        constant = {name for name, n in table.id_candidates if n < 2}
        taken = {self.id_column, *self.position, self.likely_label(), *table.images} | constant
        of_no_source = {column.name for column in table.columns if other_use(column)}  # ids, times, flags: at the end
        names = sorted((name for name in table.readable if name not in taken), key=lambda name: name in of_no_source)
        self.extra_columns = tuple(names[:_N_EXTRA])

    def label_candidates(self) -> tuple[str, ...]:
        """Return the columns whose names suggest that they hold labels, the most likely first."""
        return () if self.table is None else label_candidates(self.table.columns, dict(self.table.id_candidates))

    def likely_label(self) -> str | None:
        """Return the column whose name suggests most that it holds labels."""
        return next(iter(self.label_candidates()), None)

    @property
    def project_path(self) -> Path:
        """Project file to write."""
        return local_path(self.project.strip()).absolute()

    # -- columns ------------------------------------------------------------------------------------

    def set_position(self, position: tuple[str | None, str | None]) -> None:
        """Set the columns of the position, and take the unit from the file if it is given there."""
        self.position = position
        ra = position[0]
        self.unit = None if ra is None or self.table is None else self.table.unit_of(ra)

    def set_labels(self, labels: LabelColumn | None) -> None:
        """Set the label column; None if the classes are typed."""
        if (labels and labels.name) != (self.labels and self.labels.name):
            self.unknown_text, self.picked, self.train, self.dropped = "", (), None, ()
            self.rest, self.rest_values = "unknown", frozenset()
            self.classes = ClassTable()
            counts = {} if labels is None else labels.counts
            self.unknown_text = ", ".join(value for value in counts if means_unknown(value) and "," not in value)
        self.labels = labels
        self.refresh_classes()

    def refresh_classes(self) -> None:
        """Update the class table from the label values in use, or from the typed names."""
        if self.labels is None:
            self.classes = table_of_names(words_of(self.names_text), self.classes)
            return
        counts = self.known_counts
        before = self.classes.without(self.rest_values)
        self.rest_values = frozenset()
        if len(counts) > MAX_LABELS:
            counts = {}
        if not self.must_pick:
            self.classes = before.with_values(counts)
            return
        picked = {value: counts[value] for value in self.picked if value in counts}
        self.classes = before.with_values(picked)
        if self.rest != "unknown" and picked:
            others = {value: n for value, n in counts.items() if value not in picked}
            self.rest_values = frozenset(others)
            self.classes = self.classes.with_rest(others)

    @property
    def known_counts(self) -> dict[str, int]:
        """Count of each value of the label column, without the values that mean unknown."""
        unknown = set(words_of(self.unknown_text))
        counts = {} if self.labels is None else self.labels.counts
        return {value: n for value, n in counts.items() if value not in unknown}

    @property
    def must_pick(self) -> bool:
        """Whether there are so many label values that the relevant ones must be selected."""
        return len(self.known_counts) > MAX_CLASSES

    def group(self, text: str) -> None:
        """Group values of the label column into classes, as in ``Galaxy = G*, E*; QSO = QSO*``.

        Raises
        ------
        ValueError
            If the grouping is not valid.
        """
        meaning = groups_of(text, tuple(self.known_counts))
        if self.must_pick:
            self.picked = tuple(dict.fromkeys((*self.picked, *meaning)))
            self.refresh_classes()
        self.classes = self.classes.renamed(meaning)

    def add_missing(self, value: float) -> None:
        """Add a missing-value code."""
        self.missing_text = ", ".join(filter(None, (self.missing_text.strip().rstrip(","), f"{value:g}")))

    @property
    def id_plan(self) -> IdPlan | None:
        """Plan for making the ids with the current settings."""
        if self.id_source is None or rules.reading_issues(self):
            return None
        return IdPlan(
            self.id_source,
            self.id_column if self.id_source == "column" else None,
            self.position_for_reading(),
            numbers_of(self.missing_text),
            None if self.working_set is None else WorkingSet(self.working_set, self.seed),
        )

    def position_for_reading(self) -> tuple[str, str, Unit] | None:
        """Return the columns of the position and the unit of right ascension, if both are chosen."""
        ra, dec = self.position
        return None if ra is None or dec is None else (ra, dec, self.unit or "deg")

    # -- learning -----------------------------------------------------------------------------------

    @property
    def numeric_columns(self) -> tuple[str, ...]:
        """Columns that can be features."""
        return () if self.table is None else self.table.rows.numeric_columns

    @property
    def plain_columns(self) -> tuple[str, ...]:
        """Numeric columns that are not the id, the label or the position."""
        taken = {self.id_column, *self.position, None if self.labels is None else self.labels.name}
        return tuple(name for name in self.numeric_columns if name not in taken)

    @property
    def vector_lengths(self) -> dict[str, int]:
        """Columns of vectors that can be features, with their lengths."""
        return {} if self.table is None else self.table.rows.vectors

    @property
    def features_config(self) -> FeaturesConfig:
        """Recipe of the features, as in the project file."""
        return FeaturesConfig(
            columns=self.features,
            combinations=self.combinations,
            scaling=self.scaling,
            missing=self.missing_policy,
            vectors=vectors_within(self.vector_lengths, self.vectors, self.components),
        )

    @property
    def recipe(self) -> FeatureRecipe:
        """Recipe of the features."""
        return recipe_of(self.features_config)

    @property
    def n_features(self) -> int:
        """Number of features of the recipe."""
        return count_features(self.recipe)

    def feature_names(self) -> tuple[str, ...]:
        """Return the names of the features, combinations first and without those of vectors.

        They are empty if the recipe is not valid.
        """
        plain = replace(self.recipe, vectors=())
        try:
            names = feature_names(plain, operations_of(self.registry, self.combinations))
        except (CatalogueError, SessionError):
            return ()
        return names[len(self.features) :] + names[: len(self.features)]

    @property
    def axis_names(self) -> tuple[str, ...]:
        """Possible axes of a plot: combinations, then other features, then all numeric columns."""
        return tuple(dict.fromkeys((*self.feature_names(), *self.numeric_columns)))

    @property
    def first_axes(self) -> tuple[str, str] | None:
        """Axes of the first plot, chosen or automatic."""
        x, y = self.axes
        if x is not None and y is not None:
            return x, y
        return next(iter(plot_axes(self.feature_names())), None)

    @property
    def trained(self) -> tuple[str, ...]:
        """Classes that get a learner."""
        if self.train is None:
            return self.trained_by_default
        return tuple(name for name in self.classes.names if name in self.train)

    @property
    def trained_by_default(self) -> tuple[str, ...]:
        """Classes that get a learner unless others are chosen."""
        names = [name for name in self.classes.names if name not in self._excluded_rest]
        return learned_classes(names, self.classes.counts)

    @property
    def excluded(self) -> tuple[str, ...]:
        """Classes that the project excludes."""
        return tuple(dict.fromkeys((*self.dropped, *self._excluded_rest)))

    @property
    def _excluded_rest(self) -> tuple[str, ...]:
        return (REST,) if self.rest == "excluded" and self.rest_values else ()

    @property
    def chosen_keys(self) -> dict[str, str]:
        """Keys chosen for the current classes; until some are, a class with the value 1 has the key 1."""
        return {name: key for name, key in self.keys.items() if name in self.classes.names} or self.classes.digit_keys

    # -- problems -----------------------------------------------------------------------------------

    def problems(self, step: Step) -> list[str]:
        """Return the messages of the problems that prevent a step from being completed."""
        return [issue.text for issue in self.issues(step)]

    def issues(self, step: Step) -> list[Issue]:
        """Return the problems that prevent a step from being completed, with their fields."""
        return rules.issues(self, step)

    # -- result -------------------------------------------------------------------------------------

    def choices(self) -> ProjectOptions:
        """Return the settings in the form in which the project is created from them.

        Raises
        ------
        ValueError
            If there are still problems.
        """
        return options_of(self)
