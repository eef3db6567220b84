"""The section of a report about the agreement of the annotators."""

from __future__ import annotations

from astronomical.session.evaluation.agreement import AgreementReport, PairAgreement, agreement_lines
from astronomical.session.export.report.sections import NOT_MEASURED, Section

__all__ = ["annotators_section", "cited_for"]

_TITLE = "Agreement of annotators"
_HEAD = ("Annotators", "Same label", "Sources", "Cohen's kappa", "95 % interval")


def annotators_section(found: AgreementReport, repeats: list[str]) -> Section:
    """Return the section: kappa of each two annotators, decisions, and blind repeats.

    Parameters
    ----------
    found
        The agreement.
    repeats
        A sentence about the blind repeats of each annotator.
    """
    if not found.pairs:
        return Section(_TITLE, (f"{NOT_MEASURED}: no source has labels of two annotators.", *repeats))
    pairwise = {f"{pair.first} and {pair.second}: " for pair in found.pairs}
    lines = [line for line in agreement_lines(found) if not line.startswith(tuple(pairwise))]
    return Section(_TITLE, (*lines, *repeats), _HEAD, tuple(map(_row, found.pairs)))


def _row(pair: PairAgreement) -> tuple[str, ...]:
    kappa, interval = pair.kappa.value, pair.kappa.interval
    return (
        f"{pair.first}, {pair.second}",
        f"{pair.kappa.n_same:,}",
        f"{pair.kappa.n:,}",
        "undefined" if kappa is None else f"{kappa:.2f}",
        "" if interval is None else f"{interval[0]:.2f} to {interval[1]:.2f}",
    )


def cited_for(found: AgreementReport) -> frozenset[str]:
    """Return the names of the references about what the section reports."""
    used = {"Cohen1960": bool(found.pairs), "Fleiss1971": found.fleiss is not None, "Dawid1979": bool(found.accuracy)}
    return frozenset(name for name, is_used in used.items() if is_used)
