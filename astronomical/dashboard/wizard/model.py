"""The answers given so far in the wizard, and what is still wrong with them. Knows nothing of the screen."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from astronomical.catalogue.catalogue import IdSource
from astronomical.catalogue.errors import CatalogueError
from astronomical.catalogue.features import FeatureRecipe, count_features, feature_names
from astronomical.catalogue.positions import Unit
from astronomical.catalogue.readers import SUFFIXES
from astronomical.config.io import local_path
from astronomical.config.schema import CombinationConfig, LayoutConfig, PositionConfig, SplitConfig
from astronomical.dashboard.wizard import rules
from astronomical.dashboard.wizard.classes import ClassTable, table_of_names
from astronomical.dashboard.wizard.rules import MAX_LABELS, Issue
from astronomical.dashboard.wizard.table import IdCheck, IdPlan, LabelColumn, Table
from astronomical.dashboard.wizard.typed import groups_of, numbers_of, words_of
from astronomical.plugins.registry import Registry, builtin_registry
from astronomical.session.arrangement import plot_axes
from astronomical.session.errors import SessionError
from astronomical.session.example import projects_folder
from astronomical.session.new import MAX_CLASSES, Choices
from astronomical.session.recipes import combinations_of, operations_of

__all__ = ["STEPS", "Draft", "Step", "default_project"]

Step = Literal["data", "columns", "learning", "create"]
STEPS: tuple[Step, ...] = ("data", "columns", "learning", "create")

_N_EXTRA = 8
_FORMAT_END = re.compile(rf"({'|'.join(map(re.escape, SUFFIXES))})+$", re.IGNORECASE)
_LABEL_NAME = re.compile(r"(^|_)(true_?)?(class|label|objtype|obj_type|spectype|spectral_type|type)$", re.IGNORECASE)


@dataclass
class Draft:
    """A project that is being set up.

    Attributes
    ----------
    table
        The table; everything that depends on it is set by `use_table`.
    uploaded
        Whether the file of the table is a temporary one, to be moved beside the project.
    project
        Path of the config to write, as typed.
    id_source, id_column
        Where ids come from; None if not yet decided.
    position, unit
        Columns of right ascension and declination, and the unit of the former; None if not yet decided.
    missing_text, unknown_text, names_text
        Lists as typed, with commas.
    keys
        Keys chosen for classes, by name.
    optimise_memory
        Whether columns are kept in less memory.
    curated_test
        Whether the test set is going to be labelled by hand.
    layout
        The arrangement of the panes, taken from another project; None for the usual one.
    dark
        Whether the project has the dark theme.
    registry
        Where feature operations are found.
    train, axes
        None for all classes, and for axes to be found.
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
    classes: ClassTable = field(default_factory=ClassTable)
    extra_columns: tuple[str, ...] = ()
    image_columns: tuple[str, ...] = ()
    train: tuple[str, ...] | None = None
    dropped: tuple[str, ...] = ()
    features: tuple[str, ...] = ()
    combinations: tuple[CombinationConfig, ...] = ()
    scaling: Literal["none", "standard"] = "none"
    missing_policy: Literal["native", "median", "drop"] = "native"
    use_unknown: bool = True
    axes: tuple[str | None, str | None] = (None, None)
    seed: int = 0
    optimise_memory: bool = False
    keys: dict[str, str] = field(default_factory=dict)
    curated_test: bool = False
    layout: LayoutConfig | None = None
    dark: bool = False
    registry: Registry = field(default_factory=builtin_registry)

    # -- data ---------------------------------------------------------------------------------------

    def use_table(self, table: Table, *, uploaded: bool = False) -> None:
        """Take a table; answers that were given for another one are forgotten."""
        before = self.table
        if before is not None and (before.path, before.name) == (table.path, table.name):
            self.table = table
            self.check = None
            return
        fresh = Draft(title=self.title, project=self.project, layout=self.layout, registry=self.registry)
        if before is None or self.title == _stem(before.path):
            fresh.title = _stem(table.path)
        if before is None or self.project == str(default_project(_stem(before.path))) or not self.project:
            fresh.project = str(default_project(_stem(table.path)))
        fresh.table, fresh.uploaded = table, uploaded
        fresh._guess(table)
        self.__dict__.update(fresh.__dict__)

    def _guess(self, table: Table) -> None:
        self.set_position(table.position or (None, None))
        if table.unique:
            self.id_source, self.id_column = "column", table.unique[0]
        else:
            self.id_source = "position" if table.position else "row"
        self.image_columns = table.images
        constant = {name for name, n in table.id_candidates if n < 2}
        taken = {self.id_column, *self.position, self.likely_label(), *table.images} | constant
        self.extra_columns = tuple(name for name in table.readable if name not in taken)[:_N_EXTRA]

    def likely_label(self) -> str | None:
        """Return the column that is named like a label."""
        columns = () if self.table is None else self.table.columns
        return next((c.name for c in columns if c.kind in ("text", "integer", "bool") and _LABEL_NAME.search(c.name)),
                    None)

    @property
    def project_path(self) -> Path:
        """The config to write."""
        return local_path(self.project.strip()).absolute()

    # -- columns ------------------------------------------------------------------------------------

    def set_position(self, position: tuple[str | None, str | None]) -> None:
        """Set the columns of the position; its unit is taken from the file where that tells it."""
        self.position = position
        ra = position[0]
        self.unit = None if ra is None or self.table is None else self.table.unit_of(ra)

    def set_labels(self, labels: LabelColumn | None) -> None:
        """Set the label column; None where there is none and classes are typed."""
        if (labels and labels.name) != (self.labels and self.labels.name):
            self.unknown_text, self.picked, self.train, self.dropped = "", (), None, ()
            self.classes = ClassTable()
        self.labels = labels
        self.refresh_classes()

    def refresh_classes(self) -> None:
        """Bring the table of classes up to date with the values that are used, or the names that were typed."""
        if self.labels is None:
            self.classes = table_of_names(words_of(self.names_text), self.classes)
            return
        counts = self.known_counts
        if self.must_pick:
            counts = {value: counts[value] for value in self.picked if value in counts}
        self.classes = self.classes.with_values(counts if len(counts) <= MAX_LABELS else {})

    @property
    def known_counts(self) -> dict[str, int]:
        """How often each value of the label column occurs that does not mean unknown."""
        unknown = set(words_of(self.unknown_text))
        counts = {} if self.labels is None else self.labels.counts
        return {value: n for value, n in counts.items() if value not in unknown}

    @property
    def must_pick(self) -> bool:
        """Whether there are so many labels that those that matter have to be picked."""
        return len(self.known_counts) > MAX_CLASSES

    def group(self, text: str) -> None:
        """Group values of the label column into classes, as in ``Galaxy = G*, E*; QSO = QSO*``.

        Raises
        ------
        ValueError
            If the grouping is not understood.
        """
        meaning = groups_of(text, tuple(self.known_counts))
        if self.must_pick:
            self.picked = tuple(dict.fromkeys((*self.picked, *meaning)))
            self.refresh_classes()
        for value, name in meaning.items():
            self.classes = self.classes.changed(value, name=name)

    @property
    def proposed_missing(self) -> dict[float, tuple[tuple[str, int], ...]]:
        """Numbers that seem to mean missing and were not said to, with their columns and numbers of rows."""
        try:
            known = set(numbers_of(self.missing_text))
        except ValueError:
            known = set()
        found: dict[float, tuple[tuple[str, int], ...]] = {}
        for profile in () if self.table is None else self.table.profiles:
            for value, n in profile.sentinels if profile.name in self.plain_columns else ():
                if value not in known:
                    found[value] = (*found.get(value, ()), (profile.name, n))
        return found

    def add_missing(self, value: float) -> None:
        """Say that a number means missing."""
        self.missing_text = ", ".join(filter(None, (self.missing_text.strip().rstrip(","), f"{value:g}")))

    @property
    def id_plan(self) -> IdPlan | None:
        """What has to be tried for the ids as they are chosen now."""
        if self.id_source is None or rules.reading_issues(self):
            return None
        return IdPlan(self.id_source, self.id_column if self.id_source == "column" else None,
                      self.position_for_reading(), numbers_of(self.missing_text))

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
    def units(self) -> dict[str, tuple[str, ...]]:
        """Columns that can be features by their units, those without one left out."""
        found: dict[str, tuple[str, ...]] = {}
        for profile in () if self.table is None else self.table.profiles:
            if profile.unit and profile.name in self.plain_columns:
                found[profile.unit] = (*found.get(profile.unit, ()), profile.name)
        return found

    def missing_shares(self) -> dict[str, tuple[str, float]]:
        """Return unit and share of missing values of the columns used as features."""
        numbers = set() if rules.reading_issues(self) else set(numbers_of(self.missing_text))
        profiles = {} if self.table is None else {profile.name: profile for profile in self.table.profiles}
        return {name: (item.unit, (item.n_missing + sum(n for value, n in item.sentinels if value in numbers)) / item.n)
                for name in self.features if (item := profiles.get(name)) is not None and item.n}

    @property
    def recipe(self) -> FeatureRecipe:
        """The recipe of the features."""
        return FeatureRecipe(self.features, combinations_of(self.combinations),
                             self.scaling, self.missing_policy)

    @property
    def n_features(self) -> int:
        """How many features are going to be made."""
        return count_features(self.recipe)

    def feature_names(self) -> tuple[str, ...]:
        """Return the names of the features, those of combinations first; empty where they cannot be made."""
        try:
            names = feature_names(self.recipe, operations_of(self.registry, self.combinations))
        except (CatalogueError, SessionError):
            return ()
        return names[len(self.features):] + names[:len(self.features)]

    @property
    def axis_names(self) -> tuple[str, ...]:
        """What can be an axis of a plot: features, those of combinations first, and all numeric columns."""
        return tuple(dict.fromkeys((*self.feature_names(), *self.numeric_columns)))

    @property
    def first_axes(self) -> tuple[str, str] | None:
        """The axes of the first plot, those chosen or those that would be found."""
        x, y = self.axes
        if x is not None and y is not None:
            return x, y
        return next(iter(plot_axes(self.feature_names())), None)

    @property
    def trained(self) -> tuple[str, ...]:
        """The classes that get a learner."""
        names = self.classes.names
        return names if self.train is None else tuple(name for name in names if name in self.train)

    @property
    def chosen_keys(self) -> dict[str, str]:
        """Keys chosen for the classes that there are."""
        return {name: key for name, key in self.keys.items() if name in self.classes.names}

    # -- what is wrong ------------------------------------------------------------------------------

    def problems(self, step: Step) -> list[str]:
        """Return what keeps a step from being passed, in plain words."""
        return [issue.text for issue in self.issues(step)]

    def issues(self, step: Step) -> list[Issue]:
        """Return what keeps a step from being passed, and which question it is about."""
        if step == "data":
            return rules.data_issues(self)
        if self.table is None:
            return [Issue("table", "Choose a catalogue.", open=True)]
        if step == "columns":
            return [*rules.reading_issues(self), *rules.id_issues(self), *rules.class_issues(self)]
        if step == "learning":
            return rules.learning_issues(self)
        return [issue for earlier in STEPS[:-1] for issue in self.issues(earlier)]

    # -- the result ---------------------------------------------------------------------------------

    def choices(self) -> Choices:
        """Return the answers as they are needed to make the project.

        Raises
        ------
        ValueError
            If there are problems left.
        """
        problems = self.problems("create")
        if problems or self.table is None or self.id_source is None:
            raise ValueError(problems[0] if problems else "Choose a catalogue.")
        place = self.position_for_reading()
        x, y = self.axes
        return Choices(
            catalogue=self.table.path,
            table=self.table.name,
            id=self.id_column or "" if self.id_source == "column" else self.id_source,
            id_is_column=self.id_source == "column",
            label=None if self.labels is None else self.labels.name,
            label_names=self.classes.meaning,
            colours=self.classes.colours,
            unknown_labels=words_of(self.unknown_text) if self.labels is not None else (),
            features=self.features,
            combinations=self.combinations,
            scaling=self.scaling,
            missing_policy=self.missing_policy,
            guess_position=False,
            position=None if place is None else PositionConfig(ra=place[0], dec=place[1], unit=place[2]),
            missing=numbers_of(self.missing_text),
            extra_columns=self.extra_columns,
            image_columns=self.image_columns,
            optimise_memory=self.optimise_memory,
            classes=self.trained,
            split=SplitConfig(use_unknown=self.use_unknown, drop=self.dropped),
            axes=None if x is None or y is None else (x, y),
            seed=self.seed,
            keys=self.chosen_keys,
            curated_test=self.curated_test,
            title=self.title.strip(),
            layout=self.layout,
            dark=self.dark,
            joins=self.table.joins,
        )


def default_project(stem: str) -> Path:
    """Return where a project is written unless somebody wishes otherwise: a folder of its own."""
    folder, n = projects_folder() / stem, 2
    while (folder / f"{stem}.yaml").exists():
        folder, n = projects_folder() / f"{stem}-{n}", n + 1
    return folder / f"{stem}.yaml"


def _stem(path: Path) -> str:
    """Return the name of a file without the ends that tell its format."""
    return _FORMAT_END.sub("", path.name) or "project"
