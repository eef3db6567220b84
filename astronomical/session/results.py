"""What is kept of a round in the config: enough for `reproduce` to prove it again."""

from __future__ import annotations

import platform
from functools import cache
from importlib.metadata import PackageNotFoundError, version

import numpy as np
from numpy.typing import NDArray

from astronomical.catalogue.hashing import derive_seed, first_by_hash
from astronomical.config.schema import EnvironmentConfig, RoundResultConfig, ScoresConfig
from astronomical.learning.metrics import SetScores
from astronomical.learning.rounds import Round
from astronomical.session.dataset import Dataset

N_SAMPLED = 256
_PACKAGES = ("astronomical", "numpy", "pandas", "scikit-learn", "modAL-python", "astropy", "pyarrow")


def record_of(round: Round, aside: frozenset[str], n_labels: int = 1) -> RoundResultConfig:
    """Return the record of a round: what it asked for so far, and its scores.

    Parameters
    ----------
    round
        The round.
    aside
        Sources that were put aside while the round was the newest.
    n_labels
        How many labels it asks for; in place of each source that was put aside comes the next.
    """
    asked = []
    for id in round.queries:
        if n_labels == 0:
            break
        asked.append(id)
        n_labels -= id not in aside
    return RoundResultConfig(k=round.k, key=round.key, queries=tuple(asked), training=scores_config(round.training),
                             validation=scores_config(round.validation))


def scores_config(scores: SetScores | None) -> ScoresConfig | None:
    """Return scores as they stand in the config."""
    if scores is None:
        return None
    return ScoresConfig(n=scores.n, tp=scores.tp, fp=scores.fp, fn=scores.fn, tn=scores.tn, accuracy=scores.accuracy,
                        precision=scores.precision, recall=scores.recall, f1=scores.f1)


def sampled_probabilities(round: Round, dataset: Dataset, seed: int) -> dict[str, float]:
    """Return the probabilities of some seeded sources, to six digits; none from a round without a model."""
    rows = np.sort(_sample(round, dataset, derive_seed(seed, "sample", round.class_name)))
    ids = dataset.catalogue.ids_at(rows)
    return {id: float(f"{p:.6g}") for id, p in zip(ids, round.proba[rows], strict=True)}


def _sample(round: Round, dataset: Dataset, seed: int) -> NDArray[np.intp]:
    """Return the scored sources of lowest hashes; those of the whole catalogue are looked through first."""
    drawn = dataset.drawn(seed)
    drawn = drawn[np.isfinite(round.proba[drawn])]
    if len(drawn) >= N_SAMPLED:
        return drawn[:N_SAMPLED]
    scored = np.flatnonzero(np.isfinite(round.proba))
    return scored[first_by_hash(dataset.catalogue.ids[scored], seed, N_SAMPLED)]


@cache
def environment() -> EnvironmentConfig:
    """Return the versions in use."""
    found = {}
    for name in _PACKAGES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:  # a checkout that is not installed
            continue
    return EnvironmentConfig(python=platform.python_version(), packages=found)
