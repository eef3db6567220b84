"""A round of active learning as a pure function: from labels to a model, its scores and its next queries."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from modAL.models import ActiveLearner, Committee
from numpy.typing import NDArray

from astronomical.catalogue.features import FeatureMatrix
from astronomical.catalogue.hashing import derive_seed, hash_ids
from astronomical.learning.diverse import farthest_first
from astronomical.learning.growing import fit
from astronomical.learning.judging import Pool, Strategy, judge
from astronomical.learning.metrics import SetScores, confusion
from astronomical.learning.scoring import (
    CancelCheck,
    Cancelled,
    Progress,
    fill_missing,
    never,
    no_progress,
    one_thread,
    part_of,
    probabilities,
    stop_if,
)

__all__ = ["Cancelled", "Member", "Round", "RoundRequest", "fit_round", "round_key"]

#: scikit-learn takes seeds of 32 bits.
_SEED_MASK = 2**32 - 1
#: How much of a round's progress is the growing of its models; the rest is the scoring.
_SHARE_OF_FIT = 0.5


@dataclass(frozen=True)
class Member:
    """A model with its parameters.

    Attributes
    ----------
    name
        Name of the model.
    build
        Returns an unfitted classifier, given a seed of 32 bits.
    native_missing
        Whether the classifier accepts NaN; otherwise NaN are replaced by the medians of the training set.
    """

    name: str
    build: Callable[[int], Any]
    native_missing: bool = False


@dataclass(frozen=True, eq=False)
class RoundRequest:
    """All that a round depends on. Rows are in the order of the ids.

    Attributes
    ----------
    class_name, key, k
        The class, the digest that names this round, and the number of labels trained on.
    ids
        Ids of all sources, ascending, shape (n_rows,).
    features
        Features of all sources.
    rows, targets
        Row numbers trained on, ascending, and 1 for the class or 0 for the rest, shape (n_labels,).
    pool
        Which sources may be asked, shape (n_rows,).
    truth
        Catalogue labels: 1 for the class, 0 for the rest, -1 for unknown, shape (n_rows,).
    training, validation
        Which sources are in these sets, shape (n_rows,).
    members
        The models; several are a committee, and the mean of their probabilities is the prediction.
    strategy
        The query strategy.
    model_seed, query_seed
        Seeds of the models (that of the first; the others' derive from it), and of the order among sources of
        equal utility.
    n_start
        With fewer labels than this there is no model.
    n_ranked
        How many queries are ranked.
    """

    class_name: str
    key: str
    k: int
    ids: NDArray[np.bytes_]
    features: FeatureMatrix
    rows: NDArray[np.intp]
    targets: NDArray[np.int8]
    pool: NDArray[np.bool_]
    truth: NDArray[np.int8]
    training: NDArray[np.bool_]
    validation: NDArray[np.bool_]
    members: tuple[Member, ...]
    strategy: Strategy
    model_seed: int
    query_seed: int
    n_start: int
    n_ranked: int = 256

    def __post_init__(self) -> None:
        if not self.members:
            raise ValueError(f"the learner of {self.class_name} has no model")
        if len(self.rows) != len(self.targets):
            raise ValueError(f"{len(self.rows)} rows have {len(self.targets)} targets")
        if np.any(np.diff(self.rows) <= 0):
            raise ValueError("rows trained on must ascend, each once: the order of labelling must not matter")
        if not np.isin(self.targets, (0, 1)).all():
            raise ValueError("targets must be 1 for the class or 0 for the rest")


@dataclass(frozen=True, eq=False)
class Round:
    """What one round gave. Its arrays are read-only, in the order of the ids.

    Attributes
    ----------
    class_name, key, k
        As in the request.
    trained
        Whether there were labels enough for a model.
    queries, utilities
        Ids of the sources to be asked, best first, and their utilities. Without a model they are diverse
        starting points, the utility being the distance from those before.
    proba
        Probability of the class, NaN where not scored; the test set never is. Shape (n_rows,).
    confidence
        0..1, NaN outside the pool. Shape (n_rows,).
    votes
        Probability of the class by each member of a committee, shape (n_members, n_rows), to three digits; None
        for a single model.
    n_pool, n_ranked
        Number of sources in the pool, and how many of them were to be ranked.
    training, validation
        Scores; None without a model or if the set is empty.
    model
        The fitted modAL learner, or a `Committee` if the request has several members; None without a model.
    """

    class_name: str
    key: str
    k: int
    trained: bool
    queries: tuple[str, ...]
    utilities: tuple[float, ...]
    proba: NDArray[np.float32]
    confidence: NDArray[np.float32]
    votes: NDArray[np.float16] | None
    n_pool: int
    n_ranked: int
    training: SetScores | None
    validation: SetScores | None
    model: Any | None


def fit_round(request: RoundRequest, cancelled: CancelCheck = never, progress: Progress = no_progress) -> Round:
    """Train, score and rank: a pure function of the request.

    Parameters
    ----------
    request
        What to train on, and what to score.
    cancelled
        Asked now and then, from several threads, whether to stop.
    progress
        Told how far it is, from 0 to 1, as often as there is something to tell; in the calling thread.

    Raises
    ------
    Cancelled
        If `cancelled` answered yes.
    ValueError
        If the query strategy does not return one utility per source of the pool.
    """
    stop_if(cancelled)
    # Whatever the caller's mask says, nobody is asked twice.
    pool = request.pool.copy()
    pool[request.rows] = False
    pool_rows = np.flatnonzero(pool)
    order = hash_ids(request.ids[pool_rows], request.query_seed)
    if len(request.rows) < request.n_start or len(np.unique(request.targets)) < 2:
        return _cold_round(request, pool_rows, order, cancelled, progress)

    learners = tuple(_fit(request, member, seed, cancelled, told)
                     for member, seed, told in zip(request.members, _seeds(request),
                                                   _shares(request, progress, 0.0, _SHARE_OF_FIT), strict=True))
    votes = _votes(request, learners, pool, cancelled, _shares(request, progress, _SHARE_OF_FIT, 1.0))
    asked = Pool(request.features, pool_rows, order, votes[:, pool_rows], request.rows)
    judgement = judge(request.strategy, asked, learners, request.n_ranked)
    stop_if(cancelled)
    proba = (votes[0] if len(votes) == 1 else votes.mean(axis=0)).astype(np.float32)
    return Round(
        class_name=request.class_name,
        key=request.key,
        k=request.k,
        trained=True,
        queries=_names(request.ids[pool_rows[judgement.ranked]]),
        utilities=tuple(float(value) for value in judgement.utilities),
        proba=_read_only(proba),
        confidence=_read_only(_spread(judgement.confidence, pool_rows, len(request.ids))),
        votes=_read_only(votes.astype(np.float16)) if len(votes) > 1 else None,
        n_pool=pool_rows.size,
        n_ranked=request.n_ranked,
        training=_set_scores(request.training, _truth_trained_on(request), proba),
        validation=_set_scores(request.validation, request.truth, proba),
        model=learners[0] if len(learners) == 1 else Committee(list(learners)),
    )


def round_key(settings: Mapping[str, Any], recipe: Mapping[str, Any], labelled: Iterable[tuple[str, int]],
              removed: Iterable[str]) -> str:
    """Return the name of a round, 16 hexadecimal digits: what was done counts, not in which order.

    Parameters
    ----------
    settings
        Settings of the learner, as plain values.
    recipe
        The recipe of the features, as plain values.
    labelled
        Ids trained on, with their targets.
    removed
        Ids taken out of the pool.
    """
    content = {
        "settings": settings,
        "recipe": recipe,
        "labelled": sorted({(str(name), int(target)) for name, target in labelled}),
        "removed": sorted({str(name) for name in removed}),
    }
    text = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=True, allow_nan=False)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _cold_round(request: RoundRequest, pool_rows: NDArray[np.intp], order: NDArray[np.uint64],
                cancelled: CancelCheck, progress: Progress) -> Round:
    """Return the round without a model: what to label first."""
    rows, distances = farthest_first(request.features, pool_rows, order, request.rows, request.n_ranked,
                                     cancelled, progress)
    nothing = _read_only(np.full(len(request.ids), np.nan, dtype=np.float32))
    return Round(
        class_name=request.class_name,
        key=request.key,
        k=request.k,
        trained=False,
        queries=_names(request.ids[rows]),
        utilities=tuple(float(value) for value in distances),
        proba=nothing,
        confidence=nothing,
        votes=None,
        n_pool=pool_rows.size,
        n_ranked=request.n_ranked,
        training=None,
        validation=None,
        model=None,
    )


def _seeds(request: RoundRequest) -> list[int]:
    """Return a seed for each member: two of the same kind are to differ, and the first is as it would be alone."""
    others = (derive_seed(request.model_seed, "member", place) for place in range(1, len(request.members)))
    return [seed & _SEED_MASK for seed in (request.model_seed, *others)]


def _shares(request: RoundRequest, progress: Progress, start: float, end: float) -> list[Progress]:
    """Return what each member tells its progress to in a part of the round, the members having equal shares of it."""
    bounds = np.linspace(start, end, len(request.members) + 1).tolist()
    return [part_of(progress, *ends) for ends in pairwise(bounds)]


def _fit(request: RoundRequest, member: Member, seed: int, cancelled: CancelCheck,
         progress: Progress) -> ActiveLearner:
    """Return a fresh learner: relabelling and undo are right because nothing is carried over."""
    block = request.features.rows(request.rows)
    if not member.native_missing:
        block = fill_missing(block, request.features.medians)
    X, y = block.astype(np.float64), request.targets.astype(np.int64)
    estimator = member.build(seed)
    with one_thread():
        fit(estimator, X, y, cancelled, progress)
    progress(1.0)
    # Given with the estimator they would have it fitted once more.
    learner = ActiveLearner(estimator=estimator)
    learner.X_training, learner.y_training = X, y
    return learner


def _votes(request: RoundRequest, learners: tuple[ActiveLearner, ...], pool: NDArray[np.bool_],
           cancelled: CancelCheck, shares: Sequence[Progress]) -> NDArray[np.float64]:
    """Return the probabilities of each member, NaN where nobody looks at them, shape (n_members, n_rows)."""
    wanted = request.training | request.validation
    if request.strategy.needs_model or request.strategy.confidence is not None:
        wanted |= pool
    rows = np.flatnonzero(wanted)
    votes = np.full((len(learners), len(request.ids)), np.nan)
    for place, (member, learner, told) in enumerate(zip(request.members, learners, shares, strict=True)):
        votes[place, rows] = probabilities(learner, request.features, rows, cancelled, fill=not member.native_missing,
                                           progress=told)
    return votes


def _truth_trained_on(request: RoundRequest) -> NDArray[np.int8]:
    """Return the targets where trained, and the catalogue's labels elsewhere."""
    truth = request.truth.copy()
    truth[request.rows] = request.targets
    return truth


def _set_scores(chosen: NDArray[np.bool_], truth: NDArray[np.int8],
                proba: NDArray[np.float32]) -> SetScores | None:
    if not chosen.any():
        return None
    return SetScores.of(confusion(truth[chosen], proba[chosen] > 0.5))


def _spread(values: NDArray[np.float64], rows: NDArray[np.intp], n_rows: int) -> NDArray[np.float32]:
    """Return an array of all sources that is NaN outside `rows`."""
    spread = np.full(n_rows, np.nan, dtype=np.float32)
    spread[rows] = values
    return spread


def _names(ids: NDArray[np.bytes_]) -> tuple[str, ...]:
    return tuple(name.decode() for name in ids.tolist())


def _read_only(values: NDArray[Any]) -> NDArray[Any]:
    values.flags.writeable = False
    return values
