"""State of a session: values that are replaced, never changed in place."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

import param

from astronomical.config.schema import LassoConfig, LearnerConfig, RoundResultConfig
from astronomical.learning.guesses import Guesses
from astronomical.learning.metrics import DECISION_THRESHOLD, SetScores
from astronomical.learning.rounds import Round
from astronomical.learning.stopping import StopAdvice
from astronomical.session.errors import no_learner
from astronomical.tasks.jobs import JobView

Level = Literal["info", "success", "warning", "error"]
_NOTICES = 50


@dataclass(frozen=True)
class Notice:
    """A message for the user; `n` distinguishes messages with the same text."""

    n: int
    level: Level
    text: str


@dataclass(frozen=True)
class Curve:
    """Recorded rounds of one learner, ordered by number of labels."""

    class_name: str
    rounds: Sequence[RoundResultConfig]


@dataclass(frozen=True)
class Curating:
    """State of curating a test set.

    Attributes
    ----------
    on
        Whether labels are now given to the test set instead of a learner.
    n_matches
        Number of sources that meet the criteria; None while they are being counted.
    trail
        Candidates and curated sources, in the order in which they were shown.
    exhausted
        Whether no candidates are left.
    problem
        Problem with the criteria, or empty.
    auditing
        Whether labels are now given to an audit instead.
    reviewing
        Class whose suspects are now reviewed, or None.
    repeating
        Source that is now queried again, to see whether its label is the same, or None.
    audited
        Source of an audit that is now queried instead of the next query of a learner, or None.
    """

    on: bool = False
    n_matches: int | None = None
    trail: Sequence[str] = ()
    exhausted: bool = False
    problem: str = ""
    auditing: bool = False
    reviewing: str | None = None
    repeating: str | None = None
    audited: str | None = None

    @property
    def interleaved(self) -> str | None:
        """Source that is now queried instead of the next query of a learner, or None."""
        return self.repeating if self.audited is None else self.audited


@dataclass(frozen=True)
class HoldoutResult:
    """Scores of a round on the test set; None if no source of it has a known label.

    `left_out` describes the sources of a curated set that are excluded; the class is predicted above `threshold`.
    """

    __test__ = False

    class_name: str
    k: int
    key: str
    title: str
    scores: SetScores | None
    left_out: tuple[str, ...] = ()
    threshold: float = DECISION_THRESHOLD


@dataclass(frozen=True)
class PredictionChange:
    """Number of sources whose predicted side has changed since the round of `since` labels, of those in both rounds."""

    since: int
    n_changed: int
    n_sources: int


@dataclass(frozen=True)
class LearnerProgress:
    """What the newest labels did to a learner.

    Attributes
    ----------
    key
        Key of the newest round.
    guesses
        Predictions of its rounds for the sources that were labelled next.
    change
        Change of the predictions since the round before; None if it is not known.
    recent
        Change of the predictions over up to ten labels; None if it is not known.
    """

    key: str
    guesses: Guesses
    change: PredictionChange | None
    recent: PredictionChange | None


@dataclass(frozen=True)
class ClassComparison:
    """Comparison of the predictions of all classes.

    Attributes
    ----------
    rounds
        Class, number of labels and key of the rounds that made the predictions.
    n_sources
        Number of sources with predictions.
    n_claimed
        Number of sources for which each class is predicted: those with a probability above 0.5. Of two classes with
        one learner, the other one is predicted for all other sources.
    n_ambiguous, n_unclaimed
        Number of sources for which two or more classes, or none, are predicted.
    ambiguous, unclaimed
        The first of these sources: ids, and the probability by each learner.
    can_combine
        Whether every included class has a learner.
    thresholds
        Probability above which each class is predicted.
    """

    rounds: tuple[tuple[str, int, str], ...]
    n_sources: int
    n_claimed: dict[str, int]
    n_ambiguous: int
    n_unclaimed: int
    ambiguous: tuple[tuple[str, tuple[float, ...]], ...]
    unclaimed: tuple[tuple[str, tuple[float, ...]], ...]
    can_combine: bool
    thresholds: dict[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Suspect:
    """A label that the model of a class contradicts.

    Attributes
    ----------
    id, label, annotator
        The source, its label, and who gave it; "catalogue" for a catalogue label.
    probability
        Probability of the side of the label, by models that were not trained on it.
    """

    id: str
    label: str
    annotator: str
    probability: float


@dataclass(frozen=True)
class SuspectList:
    """Labels to review, the least credible first. Their number does not estimate the number of errors.

    Attributes
    ----------
    class_name
        Class of the learner.
    n_labels
        Number of labels that were checked.
    n_events
        Number of events in the ledger when they were checked.
    suspects
        The suspects.
    """

    class_name: str
    n_labels: int
    n_events: int
    suspects: tuple[Suspect, ...]

    @cached_property
    def by_id(self) -> dict[str, Suspect]:
        """The suspects by id."""
        return {suspect.id: suspect for suspect in self.suspects}


@dataclass(frozen=True)
class SimilarSources:
    """Sources whose features are most similar to those of some examples.

    Attributes
    ----------
    title
        What the examples are, as text.
    keep
        Which sources were considered: "all", "unlabelled", or "other" for those with another label than the examples.
    ids
        The sources, the most similar first.
    distances
        Distance of each from the nearest example, in the space of the scaled features.
    """

    title: str
    keep: str
    ids: tuple[str, ...]
    distances: tuple[float, ...]


@dataclass(frozen=True)
class Reproduction:
    """Whether the rounds that were recorded when the project was opened can be reproduced here.

    Attributes
    ----------
    n_rounds
        Number of recorded rounds.
    n_identical
        Number of rounds that gave the recorded results; None if they have not been checked.
    others
        Annotators of the labels other than the person who opened the project.
    differences
        What differs, as sentences.
    """

    n_rounds: int
    n_identical: int | None = None
    others: tuple[str, ...] = ()
    differences: tuple[str, ...] = ()


@dataclass(frozen=True)
class Conflict:
    """A change of the files of a project by another program.

    Attributes
    ----------
    text
        Message for the user.
    kept
        File with this version; None if the files on disk contain all of it, or it could not be written.
    """

    text: str
    kept: Path | None = None


@dataclass(frozen=True)
class ListedQuery:
    """A source that a contact sheet lists as a query of a learner.

    Attributes
    ----------
    learner
        Settings of the learner.
    k
        Number of labels of the round that ranked the source.
    score
        Its utility in this round; None for the queries of a learner that is not trained yet.
    """

    learner: LearnerConfig
    k: int
    score: float | None


class SessionState(param.Parameterized):
    """Reactive values of an open project. Only the parts of a session write them."""

    config = param.Parameter(doc="The project as it would be saved, without events and results (frozen).")
    dataset = param.Parameter(doc="Catalogue, features and split (read-only).")
    ledger = param.Parameter(doc="Snapshot of the ledger (immutable).")
    focus = param.Parameter(default=None, doc="Id of the selected source, which every pane shows, or None.")
    selection = param.Parameter(default=(), doc="Ids of the selected sources.")
    lasso: LassoConfig | None = param.Parameter(
        default=None, doc="The box or lasso that made the selection; None if it was made in another way."
    )
    active = param.Parameter(default=None, doc="Class of the active learner.")
    queries: dict[str, str | None] = param.Dict(default={}, doc="Query of the learner of each class.")
    queues: dict[str, tuple[str, ...]] = param.Dict(
        default={},
        doc="Batch of queries of each class before it is trained again, starting with that of `queries`.",
    )
    listed: dict[str, dict[str, ListedQuery]] = param.Dict(
        default={}, doc="Further queries of each class that contact sheets list, by id; see `ContactSheet.ask`."
    )
    rounds: dict[str, Round] = param.Dict(default={}, doc="Newest finished round of each class.")
    pending: tuple[str, ...] = param.Parameter(default=(), doc="Classes whose next round is being computed.")
    halted: tuple[str, ...] = param.Parameter(default=(), doc="Classes whose next round was cancelled or failed.")
    jobs: tuple[JobView, ...] = param.Parameter(default=(), doc="Running jobs with their progress.")
    likely: tuple[str, ...] = param.Parameter(default=(), doc="Ids of the probable next queries, most probable first.")
    obstacles: dict[tuple[str, str], str] = param.Dict(
        default={},
        doc="Why a model of a plugin cannot be saved, or empty, by model and file format.",
    )
    thresholds: dict[str, float] = param.Dict(
        default={}, doc="Threshold above which each class is predicted, for views that follow it."
    )
    test_results: dict[str, HoldoutResult] = param.Dict(default={}, doc="Latest test results of each class.")
    class_comparison: ClassComparison | None = param.Parameter(
        default=None, doc="Latest comparison of the predictions of all classes."
    )
    suspects: dict[str, SuspectList] = param.Dict(
        default={}, doc="Labels of each class to review, as they were last searched for."
    )
    similar: SimilarSources | None = param.Parameter(
        default=None, doc="Latest search for similar sources; None before the first one."
    )
    reproduction: Reproduction | None = param.Parameter(
        default=None, doc="Whether the recorded rounds can be reproduced; None without recorded rounds."
    )
    stop_advice: dict[str, StopAdvice] = param.Dict(
        default={}, doc="Whether the predictions of each class are stable, so that labelling can stop."
    )
    studies: dict[tuple[str, str], Any] = param.Dict(
        default={}, doc="Latest result of each study, by kind and class; an exception if it failed."
    )
    curves: dict[str, Curve] = param.Dict(default={}, doc="Recorded scores of each class.")
    progress: dict[str, LearnerProgress] = param.Dict(default={}, doc="Effect of the newest labels of each class.")
    curating: Curating = param.Parameter(default=Curating(), doc="State of curating a test set.")
    history: tuple[str, ...] = param.Parameter(default=(), doc="Ids of the sources selected before, newest first.")
    notices: tuple[Any, ...] = param.Parameter(default=(), doc="Messages, newest last.")
    conflict: Conflict | None = param.Parameter(
        default=None,
        doc="A change of the project's files by another program, after which nothing more is written.",
    )
    saved: bool = param.Boolean(default=True, doc="Whether the project file on disk is up to date.")

    def notify(self, text: str, level: Level = "info") -> None:
        """Show a message to the user."""
        n = self.notices[-1].n + 1 if self.notices else 1
        self.notices = (*self.notices, Notice(n, level, text))[-_NOTICES:]

    def query(self, class_name: str | None = None) -> str | None:
        """Return the query of a learner, by default the active one; None if there is none yet."""
        name = class_name or self.active
        return self.queries.get(name) if name is not None else None

    def round(self, class_name: str | None = None) -> Round | None:
        """Return the newest finished round of a learner, by default the active one; None if there is none yet."""
        name = class_name or self.active
        return self.rounds.get(name) if name is not None else None

    def learner(self, class_name: str) -> LearnerConfig:
        """Return the settings of the learner of a class.

        Raises
        ------
        SessionError
            If the class has no learner.
        """
        found: LearnerConfig | None = self.config.learner(class_name)
        if found is None:
            raise no_learner(class_name, self.config.class_names)
        return found
