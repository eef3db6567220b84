"""Records of rounds in the project file: enough for `reproduce` to verify them."""

from __future__ import annotations

import platform
from collections.abc import Callable, Iterable
from functools import cache
from importlib.metadata import PackageNotFoundError, version

import numpy as np
from numpy.typing import NDArray

from astronomical import __version__
from astronomical.catalogue.hashing import derive_seed, first_by_hash
from astronomical.config.schema import EnvironmentConfig, RoundResultConfig, ScoresConfig
from astronomical.labels.sorted_sequence import SortedSequence
from astronomical.learning.metrics import SetScores
from astronomical.learning.rounds import Round
from astronomical.session.data.dataset import Dataset

N_SAMPLED = 256
_PACKAGES = ("numpy", "pandas", "scikit-learn", "modAL-python", "astropy", "pyarrow", "torch", "keras")


#: Recorded rounds of a learner, by number of labels.
Records = SortedSequence[RoundResultConfig]


def records_of(rounds: Iterable[RoundResultConfig] = ()) -> Records:
    """Return the records of some rounds, by their numbers of labels."""
    return SortedSequence(lambda record: record.k, {record.k: record for record in rounds}.values())


def record_of(
    round: Round, row_of: Callable[[str], int], is_aside: Callable[[str], bool], n_labels: int = 1
) -> RoundResultConfig:
    """Return the record of a round: its queries so far, and its scores.

    Parameters
    ----------
    round
        The round.
    row_of
        Function that returns the row number of a source.
    is_aside
        Function that returns whether a source was removed from the pool while the round was the newest.
    n_labels
        Number of labels to query; each removed source is replaced by the next one.
    """
    asked = []
    for id in round.queries:
        if n_labels == 0:
            break
        asked.append(id)
        n_labels -= not is_aside(id)
    proba = [float(round.proba[row_of(id)]) for id in asked]
    return RoundResultConfig(
        k=round.k,
        key=round.key,
        queries=tuple(asked),
        probabilities=tuple(map(_digits, proba)) if proba and np.isfinite(proba).all() else None,
        training=scores_config(round.training),
        validation=scores_config(round.validation),
        left_out=round.left_out or None,  # the key is not written if it is empty
    )


def scores_config(scores: SetScores | None) -> ScoresConfig | None:
    """Return scores in the form of the project file."""
    if scores is None:
        return None
    return ScoresConfig(
        n=scores.n,
        tp=scores.tp,
        fp=scores.fp,
        fn=scores.fn,
        tn=scores.tn,
        accuracy=scores.accuracy,
        precision=scores.precision,
        recall=scores.recall,
        f1=scores.f1,
    )


def sampled_probabilities(round: Round, dataset: Dataset, seed: int) -> dict[str, float]:
    """Return the probabilities of some random sources, to six digits; none for a round without a model."""
    rows = np.sort(_sample(round, dataset, derive_seed(seed, "sample", round.class_name)))
    ids = dataset.catalogue.ids_at(rows)
    return {id: _digits(p) for id, p in zip(ids, round.proba[rows], strict=True)}


def _digits(p: float) -> float:
    """Return a probability to six digits."""
    return float(f"{p:.6g}")


def _sample(round: Round, dataset: Dataset, seed: int) -> NDArray[np.intp]:
    """Return the scored sources with the lowest hashes, starting with those of the whole catalogue."""
    drawn = dataset.drawn(seed)
    drawn = drawn[np.isfinite(round.proba[drawn])]
    if len(drawn) >= N_SAMPLED:
        return drawn[:N_SAMPLED]
    scored = np.flatnonzero(np.isfinite(round.proba))
    return scored[first_by_hash(dataset.catalogue.ids[scored], seed, N_SAMPLED)]


@cache
def environment() -> EnvironmentConfig:
    """Return the versions in use."""
    # Use the version of the running code: another distribution is named "astronomical" too.
    found = {"astronomical": __version__}
    for name in _PACKAGES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:  # a checkout that is not installed
            continue
    return EnvironmentConfig(python=platform.python_version(), packages=found)
