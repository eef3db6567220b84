"""Compare the labels of a learner with as many random ones: was active learning worth it?"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy.stats import t

from astronomical.catalogue.hashing import derive_seed, first_by_hash
from astronomical.errors import InvalidInputError
from astronomical.learning.kernels import KERNELS
from astronomical.learning.metrics import UNKNOWN
from astronomical.learning.rounds import RoundRequest
from astronomical.learning.scoring import CancelCheck, Progress, never, no_progress
from astronomical.learning.trials import SCORES, only_rows, scores_of, validation_proba

__all__ = ["LEAST_SEEDS", "PairedDifference", "Worth", "compare_with_random", "curve_points", "paired_difference"]

#: Least number of random draws.
LEAST_SEEDS = 20
#: Maximum number of points of a curve, and of validation sources that are scored for each of them.
_MOST_POINTS, _MOST_SCORED = 8, 10_000


@dataclass(frozen=True)
class PairedDifference:
    """Mean of the differences of pairs, with its 95 % interval from Student's t distribution [1]_.

    Attributes
    ----------
    mean, low, high
        Mean and interval; NaN with fewer than two pairs.
    n_better, n
        Number of pairs with a positive difference, and of all pairs.

    References
    ----------
    .. [1] Student, "The probable error of a mean", Biometrika 6, 1 (1908), doi:10.2307/2331554.
    """

    mean: float
    low: float
    high: float
    n_better: int
    n: int

    @property
    def verdict(self) -> Literal["better", "worse", "equal", "unknown"]:
        """Whether the difference is above 0, below 0, or neither; unknown with fewer than two pairs."""
        if np.isnan(self.mean):
            return "unknown"
        return "better" if self.low > 0 else "worse" if self.high < 0 else "equal"


@dataclass(frozen=True, eq=False)
class Worth:
    """Scores on the validation set with the labels of a learner, and with random labels.

    Attributes
    ----------
    n_labels
        Numbers of labels at the points of the curves, shape (n_points,).
    own, random
        Scores by name, shape (n_seeds, n_points); NaN where undefined. Both of a pair have the same seed of the model.
    n_scored
        Number of sources that were scored.
    """

    n_labels: tuple[int, ...]
    own: dict[str, NDArray[np.float64]]
    random: dict[str, NDArray[np.float64]]
    n_scored: int

    def difference(self, score: str, point: int = -1) -> PairedDifference:
        """Return the difference of a score at a point of the curves, by default at the end."""
        return paired_difference(self.own[score][:, point], self.random[score][:, point])

    def n_random_needed(self, score: str) -> int | None:
        """Return from how many random labels on their mean score reaches that of all labels; None if it does not."""
        reached = np.flatnonzero(self.random[score].mean(axis=0) >= self.own[score][:, -1].mean())
        return self.n_labels[reached[0]] if reached.size else None


def paired_difference(ours: NDArray[np.float64], others: NDArray[np.float64]) -> PairedDifference:
    """Return the mean difference of pairs, without those where a value is NaN; as `scipy.stats.ttest_rel`.

    Parameters
    ----------
    ours, others
        The values, shape (n,).
    """
    differences = (ours - others)[~np.isnan(ours - others)]
    n = len(differences)
    n_better = int(np.count_nonzero(differences > 0))
    if n < 2:
        return PairedDifference(float("nan"), float("nan"), float("nan"), n_better, n)
    mean = float(differences.mean())
    half = float(t.ppf(0.975, n - 1) * differences.std(ddof=1) / np.sqrt(n))
    return PairedDifference(mean, mean - half, mean + half, n_better, n)


def compare_with_random(
    request: RoundRequest,
    order: NDArray[np.intp],
    n_seeds: int = LEAST_SEEDS,
    cancelled: CancelCheck = never,
    progress: Progress = no_progress,
) -> Worth:
    """Train on the first labels of a learner and on as many random ones, with the same models and seeds.

    A random draw takes sources with catalogue labels from the training set in the order of a seeded hash of their ids.
    At the first point it has at least one of each side, as the learner has.

    Parameters
    ----------
    request
        The newest round of the learner. Its pool and the sources trained on are what a random draw takes from.
    order
        Row numbers of the sources trained on in the order in which they were labelled, shape (n_labels,).
    n_seeds
        Number of pairs.
    cancelled
        Called regularly; the work stops if it returns True.
    progress
        Called with the fraction of the work that is done.

    Raises
    ------
    InvalidInputError
        If there are not enough catalogue labels to compare with, or there are fewer than 20 seeds.
    """
    if n_seeds < LEAST_SEEDS:
        raise InvalidInputError(f"At least {LEAST_SEEDS} random draws are needed, not {n_seeds}.")
    candidates = np.flatnonzero(_candidates(request))
    _check(request, candidates)
    targets = dict(zip(request.rows.tolist(), request.targets.tolist(), strict=True))
    sides = np.array([targets[row] for row in order.tolist()])
    points = _points(max(int(np.argmax(sides == side)) for side in (0, 1)) + 1, len(order))
    draws = [_draw(request, candidates, seed, points[0]) for seed in range(n_seeds)]
    known = np.flatnonzero(request.validation & (request.truth != UNKNOWN))
    known = known[first_by_hash(request.ids[known], derive_seed(request.model_seed, "worth"), _MOST_SCORED)]
    keep = np.unique(np.concatenate([known, order, *draws]))
    few = only_rows(request, keep)
    few = replace(few, validation=np.isin(keep, known))
    shape = (n_seeds, len(points))
    KERNELS.use(2 * n_seeds * len(points) * len(known))  # few rows each time, but many in all
    own, others = ({name: np.full(shape, np.nan) for name in SCORES} for _ in range(2))
    n_done = 0
    for seed, draw in enumerate(draws):
        for point, n in enumerate(points):
            for found, rows, labels in (
                (own, order[:n], sides[:n]),
                (others, draw[:n], request.truth[draw[:n]]),
            ):
                part = _trial(few, np.searchsorted(keep, rows), labels, seed)
                for name, value in scores_of(few.truth[few.validation], validation_proba(part, cancelled)).items():
                    found[name][seed, point] = value
                n_done += 1
                progress(n_done / (2 * n_seeds * len(points)))
    return Worth(points, own, others, len(known))


def _candidates(request: RoundRequest) -> NDArray[np.bool_]:
    """Return the sources that a random draw may take, shape (n_rows,)."""
    inside = request.pool.copy()
    inside[request.rows] = True
    inside &= request.truth != UNKNOWN
    return inside


def _check(request: RoundRequest, candidates: NDArray[np.intp]) -> None:
    for title, truth in (
        ("training", request.truth[candidates]),
        ("validation", request.truth[request.validation]),
    ):
        if not np.any(truth == 0) or not np.any(truth == 1):
            raise InvalidInputError(
                f"It is unknown whether active learning was worth it: the {title} set has no catalogue labels of "
                f"both sides of {request.class_name}, with which random labelling could be simulated."
            )
    if len(candidates) < len(request.rows):
        raise InvalidInputError(
            f"It is unknown whether active learning was worth it: only {len(candidates):,} sources of the training "
            f"set have a catalogue label, fewer than the {len(request.rows):,} labels of the learner."
        )


def _points(first: int, last: int) -> tuple[int, ...]:
    """Return the numbers of labels at which the curves are computed, with equal steps."""
    return tuple(dict.fromkeys(np.linspace(first, last, _MOST_POINTS).round().astype(int).tolist()))


def _draw(request: RoundRequest, candidates: NDArray[np.intp], seed: int, n_first: int) -> NDArray[np.intp]:
    """Return the rows of a random draw in its order; each side is among the first ones."""
    ids = request.ids[candidates]
    hashed = derive_seed(request.model_seed, "worth", "draw", seed)
    rows = candidates[first_by_hash(ids, hashed, len(request.rows))]
    for side in (0, 1):
        if not np.any(request.truth[rows[:n_first]] == side):
            others = np.flatnonzero(request.truth[candidates] == side)
            nearest = candidates[others[first_by_hash(ids[others], hashed, 1)[0]]]
            moved = np.concatenate([rows[: n_first - 1], [nearest], rows[n_first - 1 :]])
            rows = np.array(list(dict.fromkeys(moved.tolist())), dtype=np.intp)[: len(request.rows)]
    return rows


def _trial(request: RoundRequest, rows: NDArray[np.intp], targets: NDArray[np.integer], seed: int) -> RoundRequest:
    order = np.argsort(rows)
    return replace(
        request,
        k=len(rows),
        rows=rows[order],
        targets=targets[order].astype(np.int8),
        weights=None,  # labels of the catalogue have none, so own labels are compared without
        model_seed=derive_seed(request.model_seed, "worth", "model", seed),
    )


def curve_points(worth: Worth, score: str) -> Iterator[tuple[int, float, float, float, float]]:
    """Yield the points of the curves: number of labels, own mean, mean of the random draws, and bounds of their band.

    The band holds the middle 68 % of the draws. Undefined scores are left out.
    """
    for point, n in enumerate(worth.n_labels):
        draws = worth.random[score][:, point]
        draws = draws[~np.isnan(draws)]
        mine = worth.own[score][:, point]
        mine = mine[~np.isnan(mine)]
        if draws.size and mine.size:
            low, high = np.quantile(draws, (0.16, 0.84))
            yield n, float(mine.mean()), float(draws.mean()), float(low), float(high)
