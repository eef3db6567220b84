"""What a session is at a moment: values that are replaced, never changed in place."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import param

from astronomical.config.schema import RoundResultConfig
from astronomical.learning.metrics import SetScores
from astronomical.learning.rounds import Round
from astronomical.session.jobs import JobView


@dataclass(frozen=True)
class Notice:
    """A message for the person at the screen; `n` tells equal ones apart."""

    n: int
    level: Literal["info", "success", "warning", "error"]
    text: str


@dataclass(frozen=True)
class Curve:
    """Recorded rounds of one learner, ordered by number of labels."""

    class_name: str
    rounds: tuple[RoundResultConfig, ...]


@dataclass(frozen=True)
class Curating:
    """How far the curating of a test set is.

    Attributes
    ----------
    on
        Whether labels are given to the test set now, and not to a learner.
    n_matches
        Number of sources that meet the criteria; None while they are being counted.
    trail
        Sources that were proposed or curated, in the order of the walk.
    exhausted
        Whether no source is left to propose.
    problem
        What is wrong with the criteria, else empty.
    """

    on: bool = False
    n_matches: int | None = None
    trail: tuple[str, ...] = ()
    exhausted: bool = False
    problem: str = ""


@dataclass(frozen=True)
class TestResult:
    """Scores of a round on the test set; None where no source of it has a known label.

    `left_out` says in words which sources of a curated set are not tested.
    """

    __test__ = False

    class_name: str
    k: int
    key: str
    title: str
    scores: SetScores | None
    left_out: tuple[str, ...] = ()


@dataclass(frozen=True)
class Together:
    """What the learners of all classes say about the catalogue.

    Attributes
    ----------
    rounds
        Class, number of labels and key of the rounds that were asked.
    n_sources
        How many sources could be predicted.
    n_claimed
        Per class how many sources it claims, with 0.5 or more.
    n_ambiguous, n_unclaimed
        How many sources two or more classes claim, and how many none.
    ambiguous, unclaimed
        The first of them: ids, and a probability by each learner.
    can_combine
        Whether every kept class has a learner.
    """

    rounds: tuple[tuple[str, int, str], ...]
    n_sources: int
    n_claimed: dict[str, int]
    n_ambiguous: int
    n_unclaimed: int
    ambiguous: tuple[tuple[str, tuple[float, ...]], ...]
    unclaimed: tuple[tuple[str, tuple[float, ...]], ...]
    can_combine: bool


class SessionState(param.Parameterized):
    """Reactive values of one open project. Only `Session` writes them."""

    config = param.Parameter(doc="The project as it would be saved, without events and results (frozen).")
    dataset = param.Parameter(doc="Catalogue, features and split (read-only).")
    ledger = param.Parameter(doc="Snapshot of the ledger of labels (immutable).")
    focus = param.Parameter(default=None, doc="Id of the source that every pane shows, or None.")
    selection = param.Parameter(default=(), doc="Ids of the selected sources.")
    active = param.Parameter(default=None, doc="Class whose learner is being worked with.")
    queries: dict[str, str | None] = param.Dict(default={}, doc="Per class the source that the learner asks for.")
    queues: dict[str, tuple[str, ...]] = param.Dict(default={}, doc="""
        Per class all sources that the learner asks for before it is trained again, that of `queries` first.""")
    rounds: dict[str, Round] = param.Dict(default={}, doc="Per class the newest round that is ready.")
    pending: tuple[str, ...] = param.Parameter(default=(), doc="Classes whose next round is under way.")
    halted: tuple[str, ...] = param.Parameter(default=(), doc="Classes whose next round was called off, or failed.")
    jobs: tuple[JobView, ...] = param.Parameter(default=(), doc="Work under way, with its progress.")
    likely: tuple[str, ...] = param.Parameter(default=(), doc="Ids that may be asked for next, the likeliest first.")
    obstacles: dict[tuple[str, str], str] = param.Dict(default={}, doc="""
        What keeps models of plugins from being saved, empty if nothing does, by model and form of file.""")
    test_results: dict[str, TestResult] = param.Dict(default={}, doc="Per class what was seen of the test set last.")
    together: Together | None = param.Parameter(default=None, doc="What all learners said of the catalogue last.")
    curves: dict[str, Curve] = param.Dict(default={}, doc="Per class the recorded scores.")
    curating: Curating = param.Parameter(default=Curating(), doc="How far the curating of a test set is.")
    history: tuple[str, ...] = param.Parameter(default=(), doc="Ids that had the focus, newest first.")
    notices: tuple[Any, ...] = param.Parameter(default=(), doc="Messages, newest last.")
    saved: bool = param.Boolean(default=True, doc="Whether the config on disk holds everything.")
