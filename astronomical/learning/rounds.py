"""Compute a round of active learning: train on the labels, score, and rank the next queries."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from modAL.models import ActiveLearner, Committee
from numpy.typing import NDArray

from astronomical.catalogue.features import FeatureMatrix
from astronomical.catalogue.hashing import derive_seed, first_by_hash, hash_ids
from astronomical.errors import InvalidInputError
from astronomical.learning.failures import naming_failures
from astronomical.learning.farthest_first import farthest_first
from astronomical.learning.forest_fit import fit
from astronomical.learning.left_out_features import features_without_values, leave_out, left_out_text
from astronomical.learning.metrics import UNKNOWN, SetScores, confusion, is_claimed
from astronomical.learning.query_selection import Pool, Strategy, select_queries
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

__all__ = ["Cancelled", "Member", "Round", "RoundRequest", "fit_round"]

#: scikit-learn expects seeds of 32 bits.
_SEED_MASK = 2**32 - 1
#: Number of scored sources that query strategies see.
_N_SCORED = 1000
#: Fraction of the progress of a round for fitting the models; the rest is for scoring.
_SHARE_OF_FIT = 0.5


@dataclass(frozen=True)
class Member:
    """A model with its parameters.

    Attributes
    ----------
    name
        Name of the model.
    build
        Returns an unfitted classifier for a seed of 32 bits.
    native_missing
        Whether the classifier accepts NaN. Otherwise, NaN are replaced by the medians over the training set.
    """

    name: str
    build: Callable[[int], Any]
    native_missing: bool = False


@dataclass(frozen=True, eq=False)
class RoundRequest:
    """Everything that a round depends on. Rows are in the order of the ids.

    Attributes
    ----------
    class_name, key, k
        The class, the digest that identifies the round, and the number of labels trained on.
    ids
        Ids of all sources, ascending, shape (n_rows,).
    features
        Features of all sources.
    rows, targets
        Row numbers of the sources trained on, ascending, and 1 for the class or 0 for the rest, shape (n_labels,).
    pool
        Which sources may be queried, shape (n_rows,).
    truth
        Catalogue labels: 1 for the class, 0 for the rest, -1 for unknown, shape (n_rows,).
    training, validation
        Which sources are in these sets, shape (n_rows,).
    members
        The models. Several models are a committee, whose mean probability is the prediction.
    strategy
        The query strategy.
    model_seed, query_seed
        Seed of the first model, from which those of the others derive, and seed of the order among sources with
        equal utility.
    n_start
        Number of labels below which no model is trained.
    n_ranked
        Number of queries to rank.
    weights
        Weights of the labels trained on, shape (n_labels,); None if all are 1. Models that do not use weights take
        every label as certain.
    basis
        Identifies the round within a session. It depends on the same data as `key`, but is faster to compute for many
        labels. It is not saved.
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
    weights: NDArray[np.float64] | None = None
    basis: str = ""

    def __post_init__(self) -> None:
        if not self.members:
            raise InvalidInputError(f"the learner of {self.class_name} has no model")
        for name, values in (("targets", self.targets), ("weights", self.weights)):
            if values is not None and len(values) != len(self.rows):
                raise ValueError(f"{len(self.rows)} rows have {len(values)} {name}")
        if np.any(np.diff(self.rows) <= 0):
            raise ValueError("rows must be sorted and unique, so that the order of labelling has no effect")
        if not np.isin(self.targets, (0, 1)).all():
            raise ValueError("targets must be 1 for the class or 0 for the rest")


@dataclass(frozen=True, eq=False)
class Round:
    """Result of a round. The arrays are read-only, in the order of the ids.

    Attributes
    ----------
    class_name, key, k, basis
        As in the request.
    trained
        Whether there were enough labels to train a model.
    queries, utilities
        Ids of the sources to query, best first, and their utilities. Without a model, they are diverse sources, and
        the utility is the distance from the nearest previous one.
    proba
        Probability of the class, NaN where not scored, shape (n_rows,). The test set is never scored.
    confidence
        Confidence from 0 to 1, NaN outside the pool, shape (n_rows,).
    votes
        Probability of the class from each member of a committee, to three digits, shape (n_members, n_rows); None for
        a single model.
    n_pool, n_ranked
        Number of sources in the pool, and requested number of ranked queries.
    training, validation
        Scores; None without a model or if the set is empty.
    model
        The fitted modAL learner, or a `Committee` if the request has several members; None without a model.
    left_out
        Names of the features that the model was trained without, as no labelled source has a value of them.
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
    basis: str = ""
    left_out: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """Identifier of the round within a session."""
        return self.basis or self.key

    @property
    def left_out_text(self) -> str:
        """Text about the features that were left out of the round; empty if there are none."""
        return left_out_text(self.left_out)


def fit_round(request: RoundRequest, cancelled: CancelCheck = never, progress: Progress = no_progress) -> Round:
    """Train the models, score the sources and rank the queries. The result depends only on the request.

    Parameters
    ----------
    request
        The data and settings of the round.
    cancelled
        Called regularly, from several threads; the work stops if it returns True.
    progress
        Called in the calling thread with the fraction of the work that is done, from 0 to 1.

    Returns
    -------
    Round
        The result.

    Raises
    ------
    Cancelled
        If `cancelled` returned True.
    ValueError
        If the query strategy fails or does not return one utility per source of the pool.
    """
    stop_if(cancelled)
    # Never query a source twice, even if the mask of the caller includes it.
    pool = request.pool.copy()
    pool[request.rows] = False
    pool_rows = np.flatnonzero(pool)
    order = hash_ids(request.ids[pool_rows], request.query_seed)
    if len(request.rows) < request.n_start or len(np.unique(request.targets)) < 2:
        return _cold_round(request, pool_rows, order, cancelled, progress)

    left_out = features_without_values(request.features, request.rows)
    learners = tuple(
        _fit(request, member, seed, left_out, cancelled, told)
        for member, seed, told in zip(
            request.members, _seeds(request), _shares(request, progress, 0.0, _SHARE_OF_FIT), strict=True
        )
    )
    votes = _votes(request, learners, pool, left_out, cancelled, _shares(request, progress, _SHARE_OF_FIT, 1.0))
    asked = Pool(request.features, pool_rows, order, votes[:, pool_rows], request.rows, _scored(request))
    judgement = select_queries(request.strategy, asked, learners, request.n_ranked)
    stop_if(cancelled)
    proba = (votes[0] if len(votes) == 1 else votes.mean(axis=0)).astype(np.float32)
    return Round(
        class_name=request.class_name,
        key=request.key,
        basis=request.basis,
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
        left_out=tuple(request.features.names[place] for place in left_out),
    )


def _cold_round(
    request: RoundRequest,
    pool_rows: NDArray[np.intp],
    order: NDArray[np.uint64],
    cancelled: CancelCheck,
    progress: Progress,
) -> Round:
    """Return a round without a model, whose queries are diverse sources."""
    rows, distances = farthest_first(
        request.features, pool_rows, order, request.rows, request.n_ranked, cancelled, progress
    )
    nothing = _read_only(np.full(len(request.ids), np.nan, dtype=np.float32))
    return Round(
        class_name=request.class_name,
        key=request.key,
        basis=request.basis,
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
    """Return a seed for each member. The first has the seed that it would have as a single model."""
    others = (derive_seed(request.model_seed, "member", place) for place in range(1, len(request.members)))
    return [seed & _SEED_MASK for seed in (request.model_seed, *others)]


def _shares(request: RoundRequest, progress: Progress, start: float, end: float) -> list[Progress]:
    """Divide a part of the progress of the round into equal shares, one for each member."""
    bounds = np.linspace(start, end, len(request.members) + 1).tolist()
    return [part_of(progress, *ends) for ends in pairwise(bounds)]


def _fit(
    request: RoundRequest,
    member: Member,
    seed: int,
    left_out: Sequence[int],
    cancelled: CancelCheck,
    progress: Progress,
) -> ActiveLearner:
    """Fit a new learner from the start, so that relabelling and undo need no special treatment."""
    block = leave_out(request.features.rows(request.rows), left_out, request.features.medians)
    if not member.native_missing:
        block = fill_missing(block, request.features.medians)
    X, y = block.astype(np.float64), request.targets.astype(np.int64)
    with naming_failures(f"the model {member.name!r}"):
        estimator = member.build(seed)
        with one_thread():
            fit(estimator, X, y, cancelled, progress, request.weights)
    progress(1.0)
    # If the labels were passed to ActiveLearner, it would fit the estimator again.
    learner = ActiveLearner(estimator=estimator)
    learner.X_training, learner.y_training = X, y
    return learner


def _votes(
    request: RoundRequest,
    learners: tuple[ActiveLearner, ...],
    pool: NDArray[np.bool_],
    left_out: Sequence[int],
    cancelled: CancelCheck,
    shares: Sequence[Progress],
) -> NDArray[np.float64]:
    """Return the probabilities from each member, NaN where they are not needed, shape (n_members, n_rows)."""
    wanted = request.training | request.validation
    if request.strategy.needs_model or request.strategy.confidence is not None:
        wanted |= pool
    rows = np.flatnonzero(wanted)
    votes = np.full((len(learners), len(request.ids)), np.nan)
    for place, (member, learner, told) in enumerate(zip(request.members, learners, shares, strict=True)):
        with naming_failures(f"the model {member.name!r}"):
            votes[place, rows] = probabilities(
                learner, request.features, rows, cancelled, not member.native_missing, progress=told, left_out=left_out
            )
    return votes


def _truth_trained_on(request: RoundRequest) -> NDArray[np.int8]:
    """Return the targets of the sources trained on, and the catalogue labels of all others."""
    truth = request.truth.copy()
    truth[request.rows] = request.targets
    return truth


def _scored(request: RoundRequest) -> NDArray[np.intp] | None:
    """Return a sample of the sources on which the learner is scored, for strategies that look at features."""
    if request.strategy.looks_at != "features":
        return None
    rows = np.flatnonzero(request.validation & (request.truth != UNKNOWN))
    return rows[first_by_hash(request.ids[rows], request.query_seed, _N_SCORED)]


def _set_scores(chosen: NDArray[np.bool_], truth: NDArray[np.int8], proba: NDArray[np.float32]) -> SetScores | None:
    if not chosen.any():
        return None
    return SetScores.of(confusion(truth[chosen], is_claimed(proba[chosen])))


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
