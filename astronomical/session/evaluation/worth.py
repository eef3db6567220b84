"""Whether the labels of a learner were worth it, compared with random ones, as a report."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from astronomical.config.schema import Config
from astronomical.labels.ledger import Ledger
from astronomical.learning.scoring import CancelCheck, Progress
from astronomical.learning.trials import SCORES
from astronomical.learning.worth import Worth, compare_with_random, curve_points
from astronomical.plugins.registry import Registry
from astronomical.session.data.dataset import Dataset
from astronomical.session.training.trained_request import trained_request

__all__ = ["WorthReport", "curve_rows", "worth_lines", "worth_report"]


@dataclass(frozen=True, eq=False)
class WorthReport:
    """The labels of a learner compared with random ones.

    Attributes
    ----------
    class_name, k, key
        Class, number of labels and key of the round.
    worth
        The scores.
    """

    class_name: str
    k: int
    key: str
    worth: Worth


def worth_report(
    config: Config,
    dataset: Dataset,
    ledger: Ledger,
    registry: Registry,
    class_name: str,
    n_seeds: int,
    cancelled: CancelCheck,
    progress: Progress,
) -> WorthReport:
    """Compare the labels of the newest round of a learner with random ones.

    Raises
    ------
    SessionError
        If there is no such learner, or it has no label of a side.
    InvalidInputError
        If the catalogue has too few labels to compare with.
    """
    _, view, request = trained_request(config, dataset, registry, ledger, class_name)
    order = dataset.catalogue.rows_of([example.id for example in view.examples[: request.k]])
    found = compare_with_random(request, order, n_seeds, cancelled, progress)
    return WorthReport(class_name, request.k, request.key, found)


def worth_lines(report: WorthReport, score: str, name: str) -> tuple[str, ...]:
    """Return what a score says about the class of this name, as lines of text; the first one is the conclusion."""
    worth, title = report.worth, SCORES[score]
    difference, n = worth.difference(score), report.k
    numbers = f"{difference.mean:+.3f} ({difference.low:+.3f} to {difference.high:+.3f}, 95 %)"
    needed = worth.n_random_needed(score)
    enough = (
        f"{needed} random labels reach the score of your {n} labels."
        if needed is not None and needed < n
        else f"Fewer than {n} random labels did not reach it."
    )
    conclusion = {
        "better": f"Yes: your {n} labels of {name} are better than {n} random ones. {enough}",
        "worse": f"No: {n} random labels are better than your {n} labels of {name}.",
        "equal": f"No difference: {n} random labels are as good as your {n} labels of {name}.",
        "unknown": f"{title} is undefined, so it is unknown whether your labels of {name} were worth it.",
    }[difference.verdict]
    if difference.verdict == "unknown":
        return (conclusion,)
    return (
        conclusion,
        f"{title}: {numbers} than random; better than {difference.n_better} of {difference.n} random draws. Scored on "
        f"{worth.n_scored:,} sources of the validation set.",
    )


def curve_rows(report: WorthReport) -> dict[str, Any]:
    """Return the curves and the differences at their ends as plain values, by score."""
    names = ("labels", "own", "random", "random_low", "random_high")
    found: dict[str, Any] = {}
    for score in SCORES:
        difference = report.worth.difference(score)
        found[score] = {
            "curve": [dict(zip(names, point, strict=True)) for point in curve_points(report.worth, score)],
            "difference": None if difference.verdict == "unknown" else asdict(difference),
            "verdict": difference.verdict,
        }
    return found
