"""How far annotators agree with each other: the part `Session.agreement`."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from astronomical.config.schema import Config
from astronomical.labels.annotators import answers_by_annotator, disagreement_about
from astronomical.labels.ledger import Ledger
from astronomical.learning.agreement import NO_ANSWER, Kappa, cohen_kappa, crossed_labels, fleiss_kappa
from astronomical.learning.dawid_skene import LEAST_ANNOTATORS, dawid_skene
from astronomical.session.commands import reads
from astronomical.session.labelling.repeats import repeat_counts, repeat_texts
from astronomical.session.state import SessionState

__all__ = ["Agreement", "AgreementReport", "PairAgreement", "agreement_lines", "agreement_report"]


@dataclass(frozen=True)
class PairAgreement:
    """Agreement of two annotators.

    Attributes
    ----------
    first, second
        The annotators.
    kappa
        Cohen's kappa.
    counts
        Number of sources for each label of the first annotator (rows) and of the second, in the order of the classes.
    """

    first: str
    second: str
    kappa: Kappa
    counts: tuple[tuple[int, ...], ...]


@dataclass(frozen=True)
class AgreementReport:
    """Agreement of the annotators of a project.

    Attributes
    ----------
    n_events
        Number of events that it is about.
    classes
        Names of the classes.
    n_labels
        Number of sources that each annotator labelled.
    pairs
        Agreement of each two annotators who labelled the same sources.
    fleiss
        Fleiss' kappa of all annotators; None for fewer than three.
    accuracy
        Fraction of right labels of each annotator, estimated by Dawid and Skene; empty for fewer than three.
    likely
        For each open disagreement the most probable class and its probability, by the same method.
    n_differing, n_open
        Number of sources that annotators labelled differently, and of those without a decision.
    decided_by
        Number of decisions of each annotator.
    repeats
        Number of blind repeats of each annotator, and of those with the same label as before.
    """

    n_events: int
    classes: tuple[str, ...]
    n_labels: dict[str, int]
    pairs: tuple[PairAgreement, ...]
    fleiss: Kappa | None
    accuracy: dict[str, float]
    likely: dict[str, tuple[str, float]]
    n_differing: int
    n_open: int
    decided_by: dict[str, int]
    repeats: dict[str, tuple[int, int]]


class Agreement:
    """How far annotators agree with each other: the part `Session.agreement`.

    Parameters
    ----------
    state
        State of the session.
    who
        Name of the annotator.
    """

    def __init__(self, state: SessionState, who: str) -> None:
        self._state, self._who = state, who

    @reads
    def repeat_texts(self) -> list[str]:
        """Return a sentence about the blind repeats of each annotator."""
        return repeat_texts(self._state.ledger, self._who)

    @reads
    def report(self) -> AgreementReport:
        """Return the agreement of the annotators. It takes time for many labels; any thread may call it."""
        return agreement_report(self._state.config, self._state.ledger)


def agreement_report(config: Config, ledger: Ledger) -> AgreementReport:
    """Return the agreement of the annotators of a ledger.

    Parameters
    ----------
    config
        The project.
    ledger
        Its labels.
    """
    answers = answers_by_annotator(ledger)
    people = tuple(sorted({who for mine in answers.values() for who in mine}))
    classes = config.class_names
    ids = tuple(answers)
    codes = np.full((len(ids), len(people)), NO_ANSWER, dtype=np.int32)
    code_of, column_of = {name: code for code, name in enumerate(classes)}, {who: k for k, who in enumerate(people)}
    for row, id in enumerate(ids):
        for who, event in answers[id].items():
            codes[row, column_of[who]] = code_of.get(event.label or "", NO_ANSWER)
    given = {who: int((codes[:, column] != NO_ANSWER).sum()) for who, column in column_of.items()}
    differing = [item for id in ids if (item := disagreement_about(ledger, id)) is not None]
    open_ids = [item.id for item in differing if item.decided is None]
    deciders = sorted(item.decided_by for item in differing if item.decided_by is not None)
    accuracy, likely = _consensus(codes, ids, people, classes, open_ids)
    return AgreementReport(
        len(ledger),
        classes,
        given,
        tuple(_pairs(codes, people, len(classes))),
        fleiss_kappa(codes, len(classes)) if len(people) >= LEAST_ANNOTATORS else None,
        accuracy,
        likely,
        len(differing),
        len(open_ids),
        {who: deciders.count(who) for who in dict.fromkeys(deciders)},
        {who: (count.n, count.n_same) for who, count in repeat_counts(ledger).items()},
    )


def _pairs(codes: NDArray[np.int32], people: tuple[str, ...], n_classes: int) -> list[PairAgreement]:
    found = []
    for (one, first), (other, second) in combinations(enumerate(people), 2):
        kappa = cohen_kappa(codes[:, one], codes[:, other], n_classes)
        if kappa.n:
            counts = crossed_labels(codes[:, one], codes[:, other], n_classes)
            found.append(PairAgreement(first, second, kappa, tuple(map(tuple, counts.tolist()))))
    return found


def _consensus(
    codes: NDArray[np.int32],
    ids: tuple[str, ...],
    people: tuple[str, ...],
    classes: tuple[str, ...],
    wanted: list[str],
) -> tuple[dict[str, float], dict[str, tuple[str, float]]]:
    """Return the accuracy of each annotator, and the most probable class of some sources."""
    shared = (codes != NO_ANSWER).sum(axis=1) >= 2
    if len(people) < LEAST_ANNOTATORS or not shared.any():
        return {}, {}
    found = dawid_skene(codes[shared], len(classes))
    row_of = {ids[row]: k for k, row in enumerate(np.flatnonzero(shared))}
    likely = {}
    for id in wanted:
        proba = found.proba[row_of[id]]
        best = int(np.argmax(proba))
        likely[id] = classes[best], float(proba[best])
    accuracy = {who: float(value) for who, value in zip(people, found.accuracy, strict=True) if np.isfinite(value)}
    return accuracy, likely


def agreement_lines(report: AgreementReport) -> list[str]:
    """Return lines about the agreement of annotators."""
    labels = ", ".join(f"{who} {n:,}" for who, n in report.n_labels.items())
    lines = [f"Sources labelled: {labels or 'none'}."]
    if len(report.n_labels) < 2:
        return [*lines, "Agreement needs the labels of two annotators: import their labels, or merge their projects."]
    if not report.pairs:
        return [*lines, "No source has labels of two annotators."]
    lines += [
        f"{pair.first} and {pair.second}: the same label for {_share(pair.kappa)}, Cohen's kappa {_kappa(pair.kappa)}."
        for pair in report.pairs
    ]
    if report.fleiss is not None:
        lines.append(f"All: the same label for {_share(report.fleiss)}, Fleiss' kappa {_kappa(report.fleiss)}.")
    if report.accuracy:
        estimated = ", ".join(f"{who} {value:.2f}" for who, value in report.accuracy.items())
        lines.append(f"Right labels, estimated from all labels (Dawid and Skene): {estimated}.")
    if report.n_differing:
        sources = f"{report.n_differing:,} source{'' if report.n_differing == 1 else 's'}"
        lines.append(f"{sources} labelled differently, {report.n_open:,} of them undecided.")
    if report.decided_by:
        lines.append("Decided: " + ", ".join(f"{n:,} by {who}" for who, n in report.decided_by.items()) + ".")
    return lines


def _share(kappa: Kappa) -> str:
    return f"{kappa.n_same:,} of {kappa.n:,} sources"


def _kappa(kappa: Kappa) -> str:
    if kappa.value is None:
        return "undefined"
    interval = "" if kappa.interval is None else f" ({kappa.interval[0]:.2f}–{kappa.interval[1]:.2f})"
    return f"{kappa.value:.2f}{interval}"
