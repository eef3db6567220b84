"""The file of a project: one frozen pydantic model, written as JSON or YAML."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Annotated, Any, Literal

from pydantic import Field, field_validator, model_validator

from astronomical.config.section import Name, PathText, Section
from astronomical.config.services import ServicesConfig

SCHEMA_VERSION = 1

#: Colour-blind safe (Okabe & Ito), in the order in which classes take them.
PALETTE = ("#0072B2", "#E69F00", "#009E73", "#CC79A7", "#56B4E9", "#D55E00", "#F0E442", "#7F5AA8", "#8C6D46")
UNKNOWN_COLOUR = "#8A8F98"

Scalar = bool | int | float | str


class ProjectConfig(Section):
    """What the project is called, by whom, and the seed of every random choice."""

    title: str = "Untitled project"
    authors: tuple[str, ...] = ()
    doi: str = ""
    created: str = ""
    seed: int = Field(default=0, ge=0, lt=2**63)


class IdConfig(Section):
    """Where the id of a source comes from: a column, its position (IAU style), or its row."""

    source: Literal["column", "position", "row"] = "column"
    column: str | None = None

    @model_validator(mode="after")
    def _column_goes_with_source(self) -> IdConfig:
        if (self.source == "column") != (self.column is not None):
            raise ValueError("a column is named when, and only when, source is 'column'")
        return self


class PositionConfig(Section):
    """Columns of the position on the sky, ICRS."""

    ra: Name
    dec: Name
    unit: Literal["deg", "hourangle"] = "deg"


class FingerprintConfig(Section):
    """Digests of the ids and of each used column, independent of row order and file format.

    `id_blocks` and `blocks` are those of parts of the catalogue, which tell in how many rows another one differs.
    """

    rows: int = Field(ge=0)
    ids: str
    columns: dict[str, str] = {}
    id_blocks: str = Field(default="", pattern=r"^[0-9a-f]*$")
    blocks: dict[str, Annotated[str, Field(pattern=r"^[0-9a-f]*$")]] = {}


class JoinConfig(Section):
    """Columns that another catalogue adds, its rows matched by id or by position on the sky.

    By id: `id` is the column there, `key` the one here that holds the same, by default the id. By position: `match` is
    ``best`` for pairs that are each other's nearest, ``all`` for the nearest to each source here.
    """

    path: PathText
    format: Literal["fits", "votable", "ecsv", "ipac", "csv", "parquet", "feather", "hdf5"] | None = None
    table: int | str | None = None
    by: Literal["id", "position"]
    id: str | None = None
    key: str | None = None
    position: PositionConfig | None = None
    radius_arcsec: float = Field(default=1.0, gt=0, le=3600)
    match: Literal["best", "all"] = "best"
    prefix: str = ""
    suffix: str = ""
    columns: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _id_goes_with_by(self) -> JoinConfig:
        if (self.by == "id") != (self.id is not None):
            raise ValueError("a column of ids (id) is named when, and only when, by is 'id'")
        return self


class CatalogueConfig(Section):
    """Which table, and which of its columns mean what.

    Images and spectra are named by their address, or by their path, absolute or relative to the catalogue. With
    `optimise_memory` the columns shown are kept in 32 bits where they hold no ids, positions, times or integers of 64
    bits, and texts that repeat once each; results are the same.
    """

    path: PathText
    format: Literal["fits", "votable", "ecsv", "ipac", "csv", "parquet", "feather", "hdf5"] | None = None
    table: int | str | None = None
    id: IdConfig
    label: str | None = None
    position: PositionConfig | None = None
    missing: tuple[float, ...] = ()
    unknown_labels: tuple[str, ...] = ()
    extra_columns: tuple[str, ...] = ()
    name_column: str | None = None
    image_columns: tuple[str, ...] = ()
    spectrum_column: str | None = None
    redshift_column: str | None = None
    joins: tuple[JoinConfig, ...] = ()
    optimise_memory: bool = False
    fingerprint: FingerprintConfig | None = None


class LabelConfig(Section):
    """A value of the label column, the class that it means, and the colour of that class.

    Several values may mean one class.
    """

    value: str
    name: Name
    colour: str = Field(default=PALETTE[0], pattern=r"^#[0-9a-fA-F]{6}$")

    @field_validator("value", mode="before")
    @classmethod
    def _as_text(cls, value: Any) -> Any:
        return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


class CombinationConfig(Section):
    """All subsets of `n` columns, joined by an operation, with its parameters: subtract makes ``u-g``."""

    operation: Name
    n: int = Field(default=2, ge=2, le=5)
    columns: tuple[str, ...] | None = None
    parameters: dict[str, Scalar] = {}


class FeaturesConfig(Section):
    """The recipe of the features."""

    columns: tuple[str, ...] = ()
    combinations: tuple[CombinationConfig, ...] = ()
    scaling: Literal["none", "standard"] = "none"
    missing: Literal["native", "median", "drop"] = "native"


class SplitConfig(Section):
    """Training, validation and test fractions, and what is left out of them.

    The sources of `training_ids` are for training whatever the draw, such as those on which another program trained.
    """

    train: float = Field(default=0.6, gt=0, lt=1)
    validation: float = Field(default=0.2, ge=0, lt=1)
    test: float = Field(default=0.2, ge=0, lt=1)
    use_unknown: bool = True
    drop: tuple[str, ...] = ()
    training_ids: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _add_up(self) -> SplitConfig:
        if abs(self.train + self.validation + self.test - 1) > 1e-9:
            raise ValueError("train, validation and test must add up to 1")
        return self


class ExtensionConfig(Section):
    """A model or a query strategy by name, with its parameters as plain values."""

    name: Name
    parameters: dict[str, Scalar] = {}


class StartConfig(Section):
    """Starting points: drawn from catalogue labels, or labelled by the user."""

    mode: Literal["random", "label"] = "random"
    n: int = Field(default=5, ge=2, le=1000)


class QueueConfig(Section):
    """From `since` labels on, the learner asks for `size` sources at a time, and is trained after their labels."""

    since: int = Field(ge=0)
    size: int = Field(ge=1, le=200)


class LearnerConfig(Section):
    """One one-vs-rest learner."""

    class_name: Name = Field(alias="class")
    models: tuple[ExtensionConfig, ...] = Field(default=(ExtensionConfig(name="random_forest"),), min_length=1,
                                                max_length=10)
    strategy: ExtensionConfig = ExtensionConfig(name="uncertainty")
    start: StartConfig = StartConfig()
    queues: tuple[QueueConfig, ...] = ()
    started: bool = False

    @field_validator("queues")
    @classmethod
    def _one_after_the_other(cls, queues: tuple[QueueConfig, ...]) -> tuple[QueueConfig, ...]:
        if any(after.since <= before.since for before, after in pairwise(queues)):
            raise ValueError("each must begin at more labels than the one before")
        return queues


Origin = Literal["start", "query", "shared", "bulk", "curated", "import", "clicked"]


class LabelEvent(Section):
    """One line of the ledger. Order is `n`, never time.

    Answers given together, as bulk labels are, carry in `batch` the number of the first of them; they are taken back
    together.
    """

    n: int = Field(ge=1)
    kind: Literal["label", "unsure", "undo", "redo", "note", "tag", "flag"]
    id: str | None = None
    label: str | None = None
    class_name: str | None = Field(default=None, alias="class")
    round: int | None = Field(default=None, ge=0)
    origin: Origin | None = None
    score: float | None = None
    who: str = ""
    when: str = ""
    target: int | None = None
    batch: int | None = Field(default=None, ge=1)
    check: str = Field(pattern=r"^[0-9a-f]{12}$")


class PaneConfig(Section):
    """A pane of the dashboard: what it shows, where it lies, and how it is set."""

    id: Name
    kind: Name
    x: int = Field(ge=0, le=11)
    y: int = Field(ge=0, le=500)
    w: int = Field(ge=1, le=12)
    h: int = Field(ge=1, le=100)
    settings: dict[str, Any] = {}


class LayoutConfig(Section):
    """The panes, and the axes that a new plot starts with."""

    panes: tuple[PaneConfig, ...] = ()
    axes: tuple[str, str] | None = None
    theme: Literal["light", "dark"] = "light"

    @field_validator("panes")
    @classmethod
    def _ids_differ(cls, panes: tuple[PaneConfig, ...]) -> tuple[PaneConfig, ...]:
        ids = [p.id for p in panes]
        if len(set(ids)) != len(ids):
            raise ValueError("two panes have the same id")
        return panes


CriterionOperator = Literal["<", "<=", ">", ">=", "=", "!=", "between", "is", "is not", "contains", "missing",
                            "not missing"]


class CriterionConfig(Section):
    """A condition on a column, or on the notes, tags or flag of a source.

    `high` is the upper end of ``between``. Of a flag only ``missing`` and ``not missing`` can be asked.
    """

    about: Literal["column", "note", "tag", "flag"] = "column"
    column: Name | None = None
    operator: CriterionOperator
    value: Scalar | None = None
    high: float | None = None

    @model_validator(mode="after")
    def _column_goes_with_about(self) -> CriterionConfig:
        if (self.about == "column") != (self.column is not None):
            raise ValueError("a column is named when, and only when, the criterion is about a column")
        return self


class CuratedConfig(Section):
    """A test set made by hand: which sources are proposed for it, and whether it is the test set.

    Criteria are joined by AND.
    """

    criteria: tuple[CriterionConfig, ...] = ()
    use_as_test: bool = False


class PluginConfig(Section):
    """A plugin that the project needs: a file, relative to the config, or an installed package.

    Opening the project does not run it; the user is asked first.
    """

    name: Name
    version: str | None = None
    path: str | None = None
    sha256: str | None = Field(default=None, pattern=r"^[0-9a-f]{64}$")


class ScoresConfig(Section):
    """Confusion counts and scores of one set; an undefined score is null."""

    n: int
    tp: int
    fp: int
    fn: int
    tn: int
    accuracy: float | None = None
    precision: float | None = None
    recall: float | None = None
    f1: float | None = None


class RoundResultConfig(Section):
    """What a round gave: the sources asked for, and the scores."""

    k: int = Field(ge=0)
    key: str
    queries: tuple[str, ...] = ()
    training: ScoresConfig | None = None
    validation: ScoresConfig | None = None


class LearnerResultConfig(Section):
    """The recorded rounds of one learner, and sampled probabilities of the newest."""

    class_name: Name = Field(alias="class")
    rounds: tuple[RoundResultConfig, ...] = ()
    probabilities: dict[str, float] = {}


class CheckpointConfig(Section):
    """A round that was given a name."""

    name: Name
    class_name: Name = Field(alias="class")
    k: int = Field(ge=0)
    key: str
    when: str = ""


class TestOpeningConfig(Section):
    """Somebody looked at test results: of which round, and against which truth."""

    class_name: Name = Field(alias="class")
    k: int = Field(ge=0)
    key: str
    truth: Literal["catalogue", "curated"] = "catalogue"
    who: str = ""
    when: str = ""


class TestingConfig(Section):
    """Each opening of test results, and the classes for which no caution is given before."""

    openings: tuple[TestOpeningConfig, ...] = ()
    without_caution: tuple[str, ...] = ()


class ModelsConfig(Section):
    """Whether the model of every round is kept beside the project, as which kind of file, and how much of them, in MB.

    Reading a file of joblib runs whatever code is in it.
    """

    keep: bool = True
    format: Literal["skops", "joblib"] = "skops"
    limit_mb: int = Field(default=500, ge=1)


class EnvironmentConfig(Section):
    """Versions with which the results were made."""

    python: str = ""
    packages: dict[str, str] = {}


#: Keys that do something else than give a class.
RESERVED_KEYS = ("0", "u", "z", "q", "n", "f", "/", "?")


class Config(Section):
    """A whole project.

    `keys` names the key that gives a class; the others have 1 to 9 in their order.
    """

    schema_version: Literal[1] = 1
    project: ProjectConfig = ProjectConfig()
    catalogue: CatalogueConfig
    labels: tuple[LabelConfig, ...] = ()
    features: FeaturesConfig = FeaturesConfig()
    split: SplitConfig = SplitConfig()
    learners: tuple[LearnerConfig, ...] = ()
    events: tuple[LabelEvent, ...] = ()
    curated: CuratedConfig = CuratedConfig()
    keys: dict[str, Annotated[str, Field(min_length=1, max_length=1)]] = {}
    layout: LayoutConfig = LayoutConfig()
    services: ServicesConfig = ServicesConfig()
    plugins: tuple[PluginConfig, ...] = ()
    results: tuple[LearnerResultConfig, ...] = ()
    checkpoints: tuple[CheckpointConfig, ...] = ()
    testing: TestingConfig = TestingConfig()
    models: ModelsConfig = ModelsConfig()
    environment: EnvironmentConfig = EnvironmentConfig()

    @model_validator(mode="after")
    def _names_exist(self) -> Config:
        known = set(self.class_names)
        values = [entry.value for entry in self.labels]
        if len(set(values)) != len(values):
            raise ValueError("labels: a value is listed twice")
        named = [learner.class_name for learner in self.learners]
        if len(set(named)) != len(named):
            raise ValueError("learners: a class has two learners")
        for where, names in (("learners", named), ("split.drop", self.split.drop), ("keys", self.keys)):
            for name in names:
                if name not in known:
                    raise ValueError(f"{where}: no label is named {name!r}; there are {', '.join(sorted(known))}")
        for name, problem in key_problems(self.keys).items():
            raise ValueError(f"keys.{name}: {problem}")
        return self

    @property
    def class_names(self) -> tuple[str, ...]:
        """Names of the classes, in the order in which the labels list them."""
        return tuple(dict.fromkeys(entry.name for entry in self.labels))

    @property
    def label_keys(self) -> dict[str, str]:
        """The key that gives each class; the tenth and later ones have none unless one was chosen for them."""
        return label_keys(self.class_names, self.keys)

    @property
    def colours(self) -> dict[str, str]:
        """Colour of each class: that of the first value that means it."""
        return {entry.name: entry.colour for entry in reversed(self.labels)}

    def learner(self, class_name: str) -> LearnerConfig | None:
        """Return the learner of a class, or None if it has none."""
        return next((item for item in self.learners if item.class_name == class_name), None)


def label_keys(names: Sequence[str], keys: Mapping[str, str]) -> dict[str, str]:
    """Return the key that gives each class: the one chosen for it, else a digit, in their order, that is free."""
    free = dict(zip(names, "123456789", strict=False))
    taken = set(keys.values())
    return {name: key for name in names
            if (key := keys.get(name) or free.get(name, "")) and (name in keys or key not in taken)}


def key_problems(keys: Mapping[str, str]) -> dict[str, str]:
    """Return what is wrong with the keys chosen for classes, by class."""
    found: dict[str, str] = {}
    seen: dict[str, str] = {}
    for name, key in keys.items():
        if key != key.lower() or key.isspace():
            found[name] = f"{key!r}: choose a small letter, a digit or a sign"
        elif key in RESERVED_KEYS:
            found[name] = f"{key!r} does something else"
        elif key in seen:
            found[name] = f"{key!r} is the key of {seen[key]}"
        seen.setdefault(key, name)
    return found
