"""What audits of one population say about a class: scores, and the number of sources in the population."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from astronomical.config.schema import Config
from astronomical.labels.ledger import Ledger
from astronomical.learning.audit import AuditEstimate, audit_estimate
from astronomical.learning.metrics import is_claimed
from astronomical.learning.rounds import Round
from astronomical.session.data.dataset import Dataset
from astronomical.session.errors import SessionError
from astronomical.session.evaluation.operating_points import threshold_of
from astronomical.session.labelling.audits import audit_sample, joined_audits, population_rows

__all__ = ["AuditReport", "audit_differences", "audit_report", "report_lines"]


@dataclass(frozen=True)
class AuditReport:
    """Estimates of a class from the newest audit, and those before it of the same population.

    Attributes
    ----------
    class_name, k, key
        Class, number of labels and key of the round that is judged.
    threshold
        Probability above which the class is predicted.
    when
        Time at which the first sample was drawn.
    n_audits
        Number of audits.
    n, n_answered, n_unsure
        Number of sources of the audits, of those with an answer, and of those that were marked as unsure.
    estimate
        The estimates, from the sources with a label.
    """

    class_name: str
    k: int
    key: str
    threshold: float
    when: str
    n_audits: int
    n: int
    n_answered: int
    n_unsure: int
    estimate: AuditEstimate


def audit_report(config: Config, dataset: Dataset, ledger: Ledger, round: Round | None) -> AuditReport:
    """Judge a round by the newest audit, together with those before it of the same population.

    Unsure sources are left out. The population is the one that the first sample was drawn from, also if some of its
    sources were labelled later.

    Raises
    ------
    SessionError
        If there is no audit, or the round is not trained.
    """
    if not config.audits:
        raise SessionError("There is no audit yet.")
    if round is None or not round.trained:
        raise SessionError("The learner is not trained yet. Label more sources first.")
    audits, curated, name = joined_audits(config, ledger), ledger.curated, round.class_name
    first, ids = audits[0], [id for audit in audits for id in audit.ids]
    items = [(id, curated.get(id)) for id in ids if id in dataset.catalogue]
    answered = [(id, item.label) for id, item in items if item is not None and item.answered]
    labelled = [(id, label) for id, label in answered if label is not None]
    rows = dataset.catalogue.rows_of([id for id, _ in labelled])
    truth = np.array([label == name for _, label in labelled], dtype=np.int8)
    rest = np.zeros(dataset.catalogue.n_rows, dtype=np.bool_)
    rest[population_rows(dataset, ledger, first.event)] = True
    rest[rows] = False
    threshold, proba = threshold_of(config, name), round.proba[rows]
    estimate = audit_estimate(truth, is_claimed(proba, threshold), proba, round.proba[rest], first.n_population)
    return AuditReport(
        name,
        round.k,
        round.key,
        threshold,
        first.when,
        len(audits),
        len(ids),
        len(answered),
        len(answered) - len(labelled),
        estimate,
    )


def report_lines(report: AuditReport, name: str) -> tuple[str, ...]:
    """Return the estimates as lines of text about the class of this name."""
    found, scores = report.estimate, report.estimate.scores
    unsure = f", {report.n_unsure} of them unsure" if report.n_unsure else ""
    several = f" in {report.n_audits} audits of one population" if report.n_audits > 1 else ""
    lines = [
        f"{name}, round {report.k}, predicted above {report.threshold:g}: {report.n_answered} of {report.n} audited "
        f"sources are answered{several}{unsure}. Population: {found.n_population:,} sources of the training set "
        f"without an answer on {report.when[:10]}."
    ]
    for title, value, interval in (
        ("Accuracy", scores.accuracy, found.accuracy),
        ("Purity", scores.precision, found.purity),
        ("Completeness", scores.recall, found.completeness),
    ):
        lines.append(
            f"{title}: n/a"
            if value is None or interval is None
            else f"{title}: {100 * value:.1f} % ({100 * interval[0]:.1f} to {100 * interval[1]:.1f})"
        )
    if found.count is None or found.share is None:
        lines.append(f"Number of {name}: n/a")
    else:
        number, low, high = found.count
        how = {
            "prediction-powered": "prediction-powered inference",
            "wilson": "from the audited sources only",
        }[found.share.method]
        lines.append(f"Number of {name}: {number:,.0f} ({low:,.0f} to {high:,.0f}; {how})")
    return tuple(lines)


def audit_differences(config: Config, dataset: Dataset, ledger: Ledger) -> Iterator[tuple[str, object, object]]:
    """Yield how recorded audits differ from samples that are drawn again: a name, the recorded and the new value."""
    for audit in config.audits:
        ids, n_population = audit_sample(config, dataset, ledger, audit.event, len(audit.ids))
        if n_population != audit.n_population:
            yield "population of an audit", audit.n_population, n_population
        if ids != audit.ids:
            yield "sample of an audit", list(audit.ids), list(ids)
