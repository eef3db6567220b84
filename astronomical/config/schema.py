"""Schema of the project file: one frozen pydantic model, written as JSON or YAML."""

from __future__ import annotations

from itertools import pairwise
from typing import Annotated, Any, Literal

from pydantic import (
    FailFast,
    Field,
    SerializerFunctionWrapHandler,
    field_validator,
    model_serializer,
    model_validator,
)

from astronomical.config.base import Count, Name, Scalar, Section
from astronomical.config.catalogue import (
    CatalogueConfig,
    FingerprintConfig,
    IdConfig,
    JoinConfig,
    PositionConfig,
)
from astronomical.config.class_keys import RESERVED_KEYS, key_problems, label_keys, unsure_keys
from astronomical.config.curation import AuditConfig, CriterionConfig, CuratedConfig
from astronomical.config.events import LabelEvent, Origin, Verdict
from astronomical.config.features import CombinationConfig, FeaturesConfig, VectorConfig
from astronomical.config.labelling import LabellingConfig
from astronomical.config.layout import LayoutConfig, PaneConfig
from astronomical.config.palette import PALETTE, UNKNOWN_COLOUR
from astronomical.config.plugins import ModelsConfig, PluginConfig
from astronomical.config.results import (
    AgreementConfig,
    BeliefConfig,
    CalibrationConfig,
    CheckpointConfig,
    EnvironmentConfig,
    LearnerResultConfig,
    OperatingPointConfig,
    RoundResultConfig,
    ScoresConfig,
    TestingConfig,
    TestOpeningConfig,
)
from astronomical.config.services import ServicesConfig
from astronomical.config.subsets import LassoConfig, MocConfig, PopulationConfig, SubsetConfig, repeated

__all__ = [
    "MAX_SAME_ARCSEC",
    "PALETTE",
    "RESERVED_KEYS",
    "SCHEMA_VERSION",
    "UNKNOWN_COLOUR",
    "AgreementConfig",
    "AuditConfig",
    "BeliefConfig",
    "CalibrationConfig",
    "CatalogueConfig",
    "CheckpointConfig",
    "CombinationConfig",
    "Config",
    "CriterionConfig",
    "CuratedConfig",
    "EnvironmentConfig",
    "ExtensionConfig",
    "FeaturesConfig",
    "FingerprintConfig",
    "IdConfig",
    "JoinConfig",
    "LabelConfig",
    "LabelEvent",
    "LabellingConfig",
    "LassoConfig",
    "LayoutConfig",
    "LearnerConfig",
    "LearnerResultConfig",
    "MocConfig",
    "ModelsConfig",
    "OperatingPointConfig",
    "Origin",
    "PaneConfig",
    "PluginConfig",
    "PopulationConfig",
    "PositionConfig",
    "ProjectConfig",
    "QueueConfig",
    "RoundResultConfig",
    "Scalar",
    "ScoresConfig",
    "ServicesConfig",
    "SplitConfig",
    "StartConfig",
    "SubsetConfig",
    "TestOpeningConfig",
    "TestingConfig",
    "VectorConfig",
    "Verdict",
    "key_problems",
    "label_keys",
]

SCHEMA_VERSION = 1

#: Maximum separation of the same object in arcsec.
MAX_SAME_ARCSEC = 60.0


class ProjectConfig(Section):
    """Title, author and random seed of the project."""

    title: str = "Untitled project"
    authors: tuple[str, ...] = ()
    doi: str = ""
    created: str = ""
    seed: int = Field(default=0, ge=0, lt=2**63)


class LabelConfig(Section):
    """A value of the label column, its class, and the colour of the class.

    Several values may belong to one class. Labels record `name`, which therefore never changes once there are any;
    `title` is another name under which the class is shown, or empty.
    """

    value: str
    name: Name
    title: str = Field(default="", max_length=200)
    colour: str = Field(default=PALETTE[0], pattern=r"^#[0-9a-fA-F]{6}$")

    @field_validator("value", mode="before")
    @classmethod
    def _as_text(cls, value: Any) -> Any:
        return str(value) if isinstance(value, int) and not isinstance(value, bool) else value

    @model_serializer(mode="wrap")
    def _without_empty_title(self, write: SerializerFunctionWrapHandler) -> dict[str, Any]:
        found: dict[str, Any] = write(self)
        if not found.get("title"):
            found.pop("title", None)
        return found


class SplitConfig(Section):
    """Fractions of the training, validation and test sets, and what is excluded from them.

    The sources of `training_ids` are always in the training set, for example because another program trained on them.
    Sources within `same_within_arcsec` of each other, or with the same features, are the same object: they are in one
    set, and only one of them is queried. Projects of earlier versions do not have it, and keep their split.
    """

    train: float = Field(default=0.6, gt=0, lt=1)
    validation: float = Field(default=0.2, ge=0, lt=1)
    test: float = Field(default=0.2, ge=0, lt=1)
    use_unknown: bool = True
    drop: tuple[str, ...] = ()
    training_ids: Annotated[tuple[str, ...], FailFast()] = ()
    same_within_arcsec: float | None = Field(default=None, ge=0, le=MAX_SAME_ARCSEC)

    @model_serializer(mode="wrap")
    def _without_unused_radius(self, write: SerializerFunctionWrapHandler) -> dict[str, Any]:
        """Leave out a radius that is not set: recorded rounds of older projects have keys without it."""
        found: dict[str, Any] = write(self)
        if found.get("same_within_arcsec") is None:
            found.pop("same_within_arcsec", None)
        return found

    @model_validator(mode="after")
    def _check_fractions(self) -> SplitConfig:
        if abs(self.train + self.validation + self.test - 1) > 1e-9:
            raise ValueError("train, validation and test must add up to 1")
        return self


class ExtensionConfig(Section):
    """A model or a query strategy by name, with its parameters as plain values."""

    name: Name
    parameters: dict[str, Scalar] = {}


class StartConfig(Section):
    """How a learner gets its initial labels.

    They are drawn at random from the catalogue labels, or the annotator gives them (``label``) or has given them before
    (``given``): then the learner starts from all suitable labels in the ledger, and `n` has no effect.
    """

    mode: Literal["random", "label", "given"] = "random"
    n: int = Field(default=5, ge=2, le=1000)


class QueueConfig(Section):
    """Size of the batches from `since` labels on; the learner is trained after each batch."""

    since: Count
    size: int = Field(ge=1, le=200)


class LearnerConfig(Section):
    """A learner of one class against the rest."""

    class_name: Name = Field(alias="class")
    models: tuple[ExtensionConfig, ...] = Field(
        default=(ExtensionConfig(name="random_forest"),), min_length=1, max_length=10
    )
    strategy: ExtensionConfig = ExtensionConfig(name="uncertainty")
    start: StartConfig = StartConfig()
    queues: tuple[QueueConfig, ...] = ()
    started: bool = False
    operating_point: OperatingPointConfig | None = None

    @field_validator("queues")
    @classmethod
    def _check_batch_order(cls, queues: tuple[QueueConfig, ...]) -> tuple[QueueConfig, ...]:
        if any(after.since <= before.since for before, after in pairwise(queues)):
            raise ValueError("the numbers of labels (since) must increase")
        return queues


class Config(Section):
    """A project.

    `keys` holds the key chosen for a class. A class that is called by a digit has that digit; the other classes have 1
    to 9 in their order.
    """

    schema_version: Literal[1] = 1
    project: ProjectConfig = ProjectConfig()
    catalogue: CatalogueConfig
    labels: tuple[LabelConfig, ...] = ()
    features: FeaturesConfig = FeaturesConfig()
    split: SplitConfig = SplitConfig()
    learners: tuple[LearnerConfig, ...] = ()
    events: Annotated[tuple[LabelEvent, ...], FailFast()] = ()
    curated: CuratedConfig = CuratedConfig()
    audits: tuple[AuditConfig, ...] = ()
    subsets: tuple[SubsetConfig, ...] = ()
    population: PopulationConfig = PopulationConfig()
    keys: dict[str, Annotated[str, Field(min_length=1, max_length=1)]] = {}
    labelling: LabellingConfig = LabellingConfig()
    layout: LayoutConfig = LayoutConfig()
    services: ServicesConfig = ServicesConfig()
    plugins: tuple[PluginConfig, ...] = ()
    results: Annotated[tuple[LearnerResultConfig, ...], FailFast()] = ()
    checkpoints: Annotated[tuple[CheckpointConfig, ...], FailFast()] = ()
    testing: TestingConfig = TestingConfig()
    models: ModelsConfig = ModelsConfig()
    environment: EnvironmentConfig = EnvironmentConfig()

    @model_validator(mode="after")
    def _check_names(self) -> Config:
        known = set(self.class_names)
        values = [entry.value for entry in self.labels]
        if len(set(values)) != len(values):
            raise ValueError("labels: a value is listed twice")
        shown = list(self.shown_names.values())
        if len(set(shown)) != len(shown):
            twice = next(name for name in shown if shown.count(name) > 1)
            raise ValueError(f"labels: two classes are shown as {twice!r}")
        named = [learner.class_name for learner in self.learners]
        if len(set(named)) != len(named):
            raise ValueError("learners: a class has two learners")
        if (name_of_two := repeated(item.name for item in self.subsets)) is not None:
            raise ValueError(f"subsets: two subsets are named {name_of_two!r}")
        for where, names in (
            ("learners", named),
            ("split.drop", self.split.drop),
            ("keys", self.keys),
            ("labelling.guides", self.labelling.guides),
        ):
            for name in names:
                if name not in known:
                    raise ValueError(f"{where}: no label is named {name!r}; there are {', '.join(sorted(known))}")
        for name, problem in key_problems(self.keys).items():
            raise ValueError(f"keys.{name}: {problem}")
        return self

    @property
    def class_names(self) -> tuple[str, ...]:
        """Names of the classes, in the order of the labels."""
        return tuple(dict.fromkeys(entry.name for entry in self.labels))

    @property
    def shown_names(self) -> dict[str, str]:
        """Name under which each class is shown: its title, or else its name."""
        titles = {entry.name: entry.title for entry in reversed(self.labels) if entry.title}
        return {name: titles.get(name, name) for name in self.class_names}

    def shown(self, class_name: str) -> str:
        """Return the name under which a class is shown; other texts, such as "unknown", are returned as they are."""
        return self.shown_names.get(class_name, class_name)

    @property
    def label_keys(self) -> dict[str, str]:
        """Key of each class; the tenth and later classes have none unless one was chosen."""
        return label_keys(self.class_names, self.keys)

    @property
    def unsure_keys(self) -> tuple[str, ...]:
        """Keys that mark a source as unsure."""
        return unsure_keys(self.label_keys)

    @property
    def colours(self) -> dict[str, str]:
        """Colour of each class: the colour of its first value."""
        return {entry.name: entry.colour for entry in reversed(self.labels)}

    def learner(self, class_name: str) -> LearnerConfig | None:
        """Return the learner of a class, or None if it has none."""
        return next((item for item in self.learners if item.class_name == class_name), None)
