"""Where the scores of a learner may be believed: how like the sources with known labels the catalogue is."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from astronomical.catalogue.hashing import derive_seed, hash_ids
from astronomical.config.schema import BeliefConfig, Config
from astronomical.labels.ledger import Ledger
from astronomical.learning.belief import (
    LARGE_LEAVES,
    LEAST_EFFECTIVE,
    SMALL_LEAVES,
    WeightedScore,
    is_unlike,
    likeness,
    weighted_score,
    weights_of,
)
from astronomical.learning.metrics import UNKNOWN, is_claimed
from astronomical.learning.rounds import Round
from astronomical.learning.scoring import CancelCheck, Progress, never, no_progress, part_of
from astronomical.session.data.dataset import Dataset
from astronomical.session.errors import SessionError
from astronomical.session.evaluation.operating_points import known_sources, threshold_of
from astronomical.session.labelling.training_set import training_set_of

__all__ = [
    "BeliefReport",
    "belief_differences",
    "belief_lines",
    "belief_record",
    "belief_report",
    "plain_belief",
    "recorded_lines",
]

#: Scores hold for the whole catalogue if no larger part of it is unlike the scored sources.
_MOST_UNLIKE = 0.05
#: Number of sources from which the part of the catalogue that is like the scored sources is estimated.
_N_SAMPLED = 3000
#: Share of the time for the likeness to the known sources; the rest is for that to the scored ones.
_SHARE_OF_KNOWN = 0.7
_TOLERANCE = 1e-5
_SCORES = ("accuracy", "purity", "completeness")


@dataclass(frozen=True, eq=False)
class BeliefReport:
    """How much of the catalogue is like the sources with known labels, and scores that are weighted to it.

    Known are the sources of the validation set with a catalogue label (or the curated test set, if there are none),
    the audited ones, and those that the learner was trained on. All but the latter are scored.

    Attributes
    ----------
    class_name, k, key
        Class, number of labels and key of the round.
    threshold
        Probability above which the class is predicted.
    n_events
        Number of events in the ledger.
    n_catalogue, n_known, n_scored
        Number of sources of the catalogue, or in scope; of known and of scored ones.
    likeness
        How like the known sources each source is, from 0 to 1; NaN where it cannot be said, shape (n_rows,).
    covered
        Fraction of the catalogue that is like the scored sources.
    plain
        Accuracy, purity and completeness of the scored sources as they are; None where undefined.
    weighted
        The same scores, with weights that make the scored sources like the part of the catalogue that they cover.
    """

    class_name: str
    k: int
    key: str
    threshold: float
    n_events: int
    n_catalogue: int
    n_known: int
    n_scored: int
    likeness: NDArray[np.float32]
    covered: float
    plain: dict[str, float | None]
    weighted: dict[str, WeightedScore]

    @property
    def unlike(self) -> NDArray[np.intp]:
        """Row numbers of the sources that are unlike all known ones, ascending."""
        rows: NDArray[np.intp] = np.flatnonzero(is_unlike(self.likeness))
        return rows

    @property
    def n_unlike(self) -> int:
        """Number of these sources."""
        return int(np.count_nonzero(is_unlike(self.likeness)))


def belief_report(
    config: Config,
    dataset: Dataset,
    ledger: Ledger,
    round: Round | None,
    threshold: float | None = None,
    cancelled: CancelCheck = never,
    progress: Progress = no_progress,
) -> BeliefReport:
    """Return where the scores of a round may be believed.

    Parameters
    ----------
    config, dataset, ledger, round
        The project, and the round.
    threshold
        Probability above which the class is predicted; by default that of the class.
    cancelled, progress
        Called regularly: whether to stop, and with the fraction of the work that is done.

    Raises
    ------
    SessionError
        If the round is not trained.
    """
    if round is None or not round.trained:
        raise SessionError("The learner is not trained yet. Label more sources first.")
    name, catalogue = round.class_name, dataset.catalogue
    threshold = threshold_of(config, name) if threshold is None else threshold
    among = np.ones(catalogue.n_rows, dtype=np.bool_) if dataset.scope is None else dataset.scope.copy()
    if config.features.missing == "drop":
        among &= dataset.features.complete
    rows, truth = _scored_sources(config, dataset, ledger, round, among)
    scored = _mask(len(among), rows)
    view = training_set_of(config, dataset, ledger, name)
    known = scored | _mask(len(among), catalogue.rows_there([item.id for item in view.examples[: round.k]]))
    seed = derive_seed(config.project.seed, "belief", name)
    hashes = hash_ids(catalogue.ids, seed)
    found = likeness(
        dataset.features,
        known,
        among,
        hashes,
        seed,
        None,
        SMALL_LEAVES,
        cancelled,
        part_of(progress, 0.0, _SHARE_OF_KNOWN),
    )
    everything = np.flatnonzero(among)
    sample = everything[np.argsort(hashes[everything], kind="stable")[:_N_SAMPLED]]
    to_scored = likeness(
        dataset.features,
        scored,
        among,
        hashes,
        derive_seed(seed, "scored"),
        np.union1d(rows, sample),
        LARGE_LEAVES,
        cancelled,
        part_of(progress, _SHARE_OF_KNOWN, 1.0),
    )
    predicted, own = is_claimed(round.proba[rows], threshold), truth == 1
    chosen = {"accuracy": np.ones(len(rows), dtype=np.bool_), "purity": predicted, "completeness": own}
    hits, weights = predicted == own, weights_of(to_scored[rows])
    return BeliefReport(
        name,
        round.k,
        round.key,
        threshold,
        len(ledger.events),
        len(everything),
        int(np.count_nonzero(known & among)),
        len(rows),
        found,
        float(np.mean(~is_unlike(to_scored[sample]))) if len(sample) else 0.0,
        {title: float(hits[part].mean()) if part.any() else None for title, part in chosen.items()},
        {title: weighted_score(hits[part], weights[part]) for title, part in chosen.items()},
    )


def belief_lines(report: BeliefReport, name: str) -> tuple[str, ...]:
    """Return a report as lines of text about the class of this name."""
    n, total = report.n_unlike, max(report.n_catalogue, 1)
    lines = [
        f"{n / total:.0%} of the catalogue ({n:,} of {report.n_catalogue:,} sources) is unlike all "
        f"{report.n_known:,} sources with known labels: nothing says how good the predictions of {name} are there.",
    ]
    if not report.n_scored:
        return (*lines, "No source is scored: there are no known labels in the validation set, and no audit.")
    if report.covered < 1 - _MOST_UNLIKE:
        lines.append(
            f"Scores for the whole catalogue: n/a, because {1 - report.covered:.0%} of it is unlike the "
            f"{report.n_scored:,} scored sources. The scores below are for the other {report.covered:.0%}."
        )
    else:
        lines.append(f"Scores for the whole catalogue, from {report.n_scored:,} scored sources:")
    lines += [_score_line(title, report.plain[title], report.weighted[title]) for title in _SCORES]
    return tuple(lines)


def recorded_lines(record: BeliefConfig, name: str) -> tuple[str, ...]:
    """Return a recorded report as lines of text about the class of this name."""
    total = max(record.n_catalogue, 1)
    values = (
        f"{title} {'n/a' if value is None else f'{100 * value:.1f} %'}"
        for title, value in ((title, getattr(record, title)) for title in _SCORES)
    )
    return (
        f"{record.n_unlike / total:.0%} of the catalogue ({record.n_unlike:,} of {record.n_catalogue:,} sources) is "
        f"unlike all {record.n_known:,} sources with known labels of {name}.",
        f"Scores above {record.threshold:g}, weighted to the {record.covered:.0%} of the catalogue that is like the "
        f"{record.n_scored:,} scored sources: {', '.join(values)} (effective number {record.n_effective:,.0f}).",
    )


def belief_record(report: BeliefReport) -> BeliefConfig:
    """Return what the project file records of a report."""
    values = {title: _rounded(report.weighted[title].value) for title in _SCORES}
    return BeliefConfig(
        event=report.n_events,
        threshold=report.threshold,
        n_catalogue=report.n_catalogue,
        n_known=report.n_known,
        n_scored=report.n_scored,
        n_unlike=report.n_unlike,
        covered=_rounded(report.covered),
        n_effective=_rounded(report.weighted["accuracy"].n_effective),
        **values,
    )


def belief_differences(
    expected: BeliefConfig, config: Config, dataset: Dataset, round: Round, cancelled: CancelCheck = never
) -> Iterator[tuple[str, object, object]]:
    """Yield how a recorded report differs from one that is computed again: a name, the recorded and the new value."""
    ledger = Ledger.replay(config.events[: expected.event])
    again = belief_record(belief_report(config, dataset, ledger, round, expected.threshold, cancelled))
    for name, value in expected.model_dump().items():
        got = getattr(again, name)
        if value is None or got is None or isinstance(value, int):
            same = value == got
        else:
            same = abs(value - got) <= _TOLERANCE * max(1.0, abs(value))
        if not same:
            yield f"belief, {name}", value, got


def plain_belief(report: BeliefReport) -> dict[str, Any]:
    """Return a report as plain values, without the likeness of each source."""
    return {
        "class": report.class_name,
        "labels": report.k,
        "threshold": report.threshold,
        "catalogue": report.n_catalogue,
        "known": report.n_known,
        "scored": report.n_scored,
        "unlike": report.n_unlike,
        "covered": report.covered,
        "scores": {title: {"plain": report.plain[title], **asdict(report.weighted[title])} for title in _SCORES},
    }


def _scored_sources(
    config: Config, dataset: Dataset, ledger: Ledger, round: Round, among: NDArray[np.bool_]
) -> tuple[NDArray[np.intp], NDArray[np.int8]]:
    """Return the sources whose labels are known and were not trained on, ascending, and whether each has the class."""
    truth = np.full(len(among), UNKNOWN, dtype=np.int8)
    try:
        known = known_sources(config, dataset, ledger, round)
        truth[known.rows] = known.truth
    except SessionError:  # the catalogue has no labels, and no test set is curated
        pass
    curated = ledger.curated
    items = {id: curated[id].label for audit in config.audits for id in audit.ids if id in curated}
    answered = {id: label for id, label in items.items() if label is not None and id in dataset.catalogue}
    truth[dataset.catalogue.rows_of(list(answered))] = [label == round.class_name for label in answered.values()]
    rows = np.flatnonzero(among & (truth != UNKNOWN) & np.isfinite(round.proba))
    return rows, truth[rows]


def _mask(n: int, rows: NDArray[np.intp]) -> NDArray[np.bool_]:
    mask = np.zeros(n, dtype=np.bool_)
    mask[rows] = True
    return mask


def _score_line(title: str, plain: float | None, found: WeightedScore) -> str:
    as_scored = "" if plain is None else f"; {100 * plain:.1f} % without weights"
    if found.value is None or found.interval is None:
        few = f"the effective number is {found.n_effective:,.0f}, below {LEAST_EFFECTIVE:.0f}"
        return f"{title.capitalize()}: n/a ({few}{as_scored})"
    low, high = found.interval
    return (
        f"{title.capitalize()}: {100 * found.value:.1f} % ({100 * low:.1f} to {100 * high:.1f}{as_scored}; effective "
        f"number {found.n_effective:,.0f})"
    )


def _rounded(value: float | None) -> float | None:
    return None if value is None else float(f"{value:.6g}")
