"""How many sources of a class are found, how many there are, and whether a target recall is reached."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from astronomical.config.schema import Config, ExtensionConfig
from astronomical.labels.ledger import Ledger
from astronomical.learning.finds import Search, check_target
from astronomical.learning.rounds import Round, RoundRequest
from astronomical.plugins.registry import Registry
from astronomical.session.data.dataset import Dataset
from astronomical.session.errors import SessionError
from astronomical.session.evaluation.audit_report import audit_report
from astronomical.session.labelling.audits import joined_audits
from astronomical.session.labelling.training_set import TrainingSet, training_set_of
from astronomical.session.project.extensions import member_of, strategy_of
from astronomical.session.training.round_requests import request_for

__all__ = ["N_SECOND", "TARGET", "FindsReport", "finds_lines", "finds_report", "second_opinion_request"]

#: Default of the target recall.
TARGET = 0.95
#: Number of sources that another model proposes before labelling is stopped.
N_SECOND = 20
#: Origins of labels that the query strategy has chosen.
_QUERIED = frozenset({"query", "shared"})


@dataclass(frozen=True, eq=False)
class FindsReport:
    """Finds of a class in the training set, or among its askable sources.

    Attributes
    ----------
    class_name
        The class.
    found
        Number of sources of the class among the first 1, 2, ... labels of the learner, shape (n_labels,).
    n_audited
        Further sources of the class, known from audits.
    at_most
        Upper limit of the number of sources of the class, with the known ones, from the queries.
    audited
        Estimate of the same number from the newest audit, with its interval of 95 %; None without one.
    target
        The target recall.
    n_needed
        Number of further queries without a find that would show that the target is reached; 0 if it is.
    askable_only
        Whether only a part of the training set is askable; the upper limit from the queries is about this part.
    """

    class_name: str
    found: NDArray[np.intp]
    n_audited: int
    at_most: int
    audited: tuple[float, float, float] | None
    target: float
    n_needed: int
    askable_only: bool = False

    @property
    def n_found(self) -> int:
        """Number of known sources of the class."""
        return (int(self.found[-1]) if len(self.found) else 0) + self.n_audited

    @property
    def recall_at_least(self) -> float:
        """Lower limit of the fraction of the class that is found, from the queries or the audit."""
        limits = [self.at_most] if self.audited is None else [self.at_most, self.audited[2]]
        return self.n_found / max(min(limits), 1)

    @property
    def is_reached(self) -> bool:
        """Whether the target recall is reached, with a confidence of 95 %."""
        return self.n_found > 0 and (self.n_needed == 0 or self.recall_at_least >= self.target)


def finds_report(
    config: Config, dataset: Dataset, ledger: Ledger, round: Round | None, class_name: str, target: float = TARGET
) -> FindsReport:
    """Count the finds of a learner, and limit the number of sources of its class in the training set.

    Raises
    ------
    SessionError
        If the class has no learner, or the learner has no labels.
    InvalidInputError
        If the target is out of range.
    """
    check_target(target)
    if config.learner(class_name) is None:
        raise SessionError(f"Class {class_name!r} has no learner.")
    view = training_set_of(config, dataset, ledger, class_name)
    if not view.k:
        raise SessionError("The learner has no labels yet.")
    examples = list(view.examples)
    own = np.array([example.target for example in examples], dtype=np.bool_)
    queried = np.array([ledger.events[example.n - 1].origin in _QUERIED for example in examples], dtype=np.bool_)
    n_audited = _n_audited(config, ledger, class_name)
    search = Search.of(own[queried], _n_left(dataset, view), int(np.count_nonzero(own & ~queried)) + n_audited)
    return FindsReport(
        class_name,
        np.cumsum(own),
        n_audited,
        search.at_most(),
        _audited(config, dataset, ledger, round, view, search.n_found),
        target,
        search.n_needed(target),
        dataset.may_query is not None,
    )


def second_opinion_request(
    config: Config, dataset: Dataset, registry: Registry, ledger: Ledger, class_name: str
) -> RoundRequest:
    """Return the request of a round of another model that ranks the pool by the probability of the class.

    The model is a logistic regression, or a random forest if the learner has a logistic regression.
    """
    learner = config.learner(class_name)
    if learner is None:
        raise SessionError(f"Class {class_name!r} has no learner.")
    names = {model.name for model in learner.models}
    other = "random_forest" if "logistic_regression" in names else "logistic_regression"
    request = request_for(config, dataset, registry, training_set_of(config, dataset, ledger, class_name))
    nothing = np.zeros_like(request.training)
    return replace(
        request,
        members=(member_of(registry, ExtensionConfig(name=other)),),
        strategy=strategy_of(registry, ExtensionConfig(name="likely")),
        training=nothing,
        validation=nothing,
        n_ranked=N_SECOND,
    )


def finds_lines(report: FindsReport, name: str) -> tuple[str, ...]:
    """Return a report as lines of text about the class of this name; the last one is the advice."""
    n_labels, n = len(report.found), report.n_found
    audits = f", {report.n_audited:,} of them in audits" if report.n_audited else ""
    lines = [f"Found {n:,} {name} with {n_labels:,} labels{audits}."]
    if report.audited is not None:
        number, low, high = report.audited
        lines.append(f"From the audit: {n:,} of about {number:,.0f} ({low:,.0f} to {high:,.0f}) in the training set.")
    where = "among the askable sources of the training set" if report.askable_only else "in the training set"
    lines.append(
        f"From the queries: {n:,} of at most {report.at_most:,} {where}, if queries find {name} at least as often as "
        "random sources would."
    )
    percent = f"{100 * report.target:g} %"
    if report.is_reached:
        lines.append(
            f"At least {percent}{' of the askable ones' * report.askable_only} are found (95 % confidence). Before "
            f"you stop, label the {N_SECOND} sources that another model finds most likely."
        )
    elif not n:
        lines.append(f"No {name} is found yet.")
    else:
        queries = "query" if report.n_needed == 1 else "queries"
        lines.append(
            f"Go on: it is not shown that {percent} are found. {report.n_needed:,} more {queries} without a find would "
            "show it."
        )
    return tuple(lines)


def _n_left(dataset: Dataset, view: TrainingSet) -> int:
    """Return the number of sources that the learner may still query."""
    gone = dataset.catalogue.mask({*view.trained, *view.out})
    left = dataset.split.training & ~gone
    return int(np.count_nonzero(left if dataset.may_query is None else left & dataset.may_query))


def _n_audited(config: Config, ledger: Ledger, class_name: str) -> int:
    """Return the number of sources that audits have shown to belong to a class."""
    curated = ledger.curated
    items = (curated.get(id) for audit in config.audits for id in audit.ids)
    return sum(item is not None and item.answered and item.label == class_name for item in items)


def _audited(
    config: Config, dataset: Dataset, ledger: Ledger, round: Round | None, view: TrainingSet, n_found: int
) -> tuple[float, float, float] | None:
    """Return the number of sources of the class, with those found before the newest audit; None without an audit."""
    if not config.audits or round is None or not round.trained:
        return None
    count = audit_report(config, dataset, ledger, round).estimate.count
    if count is None:
        return None
    joined = joined_audits(config, ledger)
    event = joined[0].event
    earlier = config.model_copy(update={"audits": config.audits[: -len(joined)]})
    before = sum(example.target for example in view.examples if example.n <= event)
    before += _n_audited(earlier, ledger, view.class_name)
    number, low, high = (max(before + value, float(n_found)) for value in count)
    return number, low, high
