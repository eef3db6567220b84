"""Train every model on the labels of a learner, and compare them with the current one on the validation set."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np

from astronomical.catalogue.hashing import derive_seed
from astronomical.config.schema import Config, ExtensionConfig
from astronomical.errors import InvalidInputError
from astronomical.labels.ledger import Ledger
from astronomical.learning.metrics import UNKNOWN
from astronomical.learning.model_comparison import ScoreDifference, paired_bootstrap
from astronomical.learning.models import OWN
from astronomical.learning.scoring import CancelCheck, Progress, part_of
from astronomical.learning.trials import only_rows, scores_of, validation_proba
from astronomical.plugins.registry import Registry
from astronomical.session.data.dataset import Dataset
from astronomical.session.errors import SessionError
from astronomical.session.project.extensions import member_of
from astronomical.session.training.trained_request import trained_request

__all__ = [
    "ComparedModel",
    "ModelComparison",
    "compare_models",
    "comparison_lines",
    "comparison_rows",
    "plain_comparison",
    "sorted_models",
]

_OWN = {model.__name__ for model in OWN}
#: Share of the time for training and scoring; the rest is for the bootstrap.
_TRAINING = 0.8


@dataclass(frozen=True)
class ComparedModel:
    """A model that was trained on the labels of a learner.

    Attributes
    ----------
    name, title
        Name of the model in the project file, and on the screen.
    scores
        Scores on the validation set; NaN where undefined.
    differences
        Their differences from the current models; empty for those themselves.
    problem
        Why it has no scores, or empty.
    """

    name: str
    title: str
    scores: dict[str, float]
    differences: dict[str, ScoreDifference]
    problem: str = ""


@dataclass(frozen=True)
class ModelComparison:
    """Models that were trained on the same labels.

    Attributes
    ----------
    class_name, k, key
        Class, number of labels and key of the round whose labels are used.
    current
        The models of the learner.
    models
        The others, each with its default parameters.
    n_scored
        Number of sources of the validation set that are scored.
    """

    class_name: str
    k: int
    key: str
    current: ComparedModel
    models: tuple[ComparedModel, ...]
    n_scored: int


def compare_models(
    config: Config,
    dataset: Dataset,
    ledger: Ledger,
    registry: Registry,
    class_name: str,
    cancelled: CancelCheck,
    progress: Progress,
) -> ModelComparison:
    """Train every model on the labels of the newest round of a learner.

    Each has the scores that the learner would have with it. A model that fails is listed with the reason.

    Raises
    ------
    SessionError
        If the learner has no label of a side, or the validation set has no catalogue labels of both sides.
    """
    learner, _, request = trained_request(config, dataset, registry, ledger, class_name)
    known = request.validation & (request.truth != UNKNOWN)
    truth = request.truth[known]
    if len(np.unique(truth)) < 2:
        raise SessionError(
            f"Models cannot be compared: the validation set has no catalogue labels of both sides of {class_name}."
        )
    keep = np.union1d(np.flatnonzero(known), request.rows)
    few = only_rows(request, keep)
    few = replace(few, validation=known[keep])
    names = _names(registry, learner.models)
    shares = np.linspace(0, _TRAINING, len(names) + 2).tolist()
    current = validation_proba(few, cancelled, part_of(progress, 0.0, shares[1]))
    found, problems = {}, {}
    for place, name in enumerate(names, start=1):
        try:
            part = replace(few, members=(member_of(registry, ExtensionConfig(name=name)),))
            found[name] = validation_proba(part, cancelled, part_of(progress, *shares[place : place + 2]))
        except InvalidInputError as error:  # one that fails does not spoil the others
            problems[name] = str(error)
    seed = derive_seed(config.project.seed, "compare", class_name)
    differences = dict(zip(found, paired_bootstrap(truth, current, list(found.values()), seed, cancelled), strict=True))
    titles = {
        entry.extension.name: entry.extension.title or entry.extension.name for entry in registry.entries("model")
    }
    progress(1.0)
    return ModelComparison(
        class_name,
        request.k,
        request.key,
        ComparedModel(
            " + ".join(model.name for model in learner.models),
            " + ".join(titles.get(model.name, model.name) for model in learner.models),
            scores_of(truth, current),
            {},
        ),
        tuple(
            ComparedModel(name, titles[name], scores_of(truth, found[name]), differences[name])
            if name in found
            else ComparedModel(name, titles[name], {}, {}, problems[name])
            for name in names
        ),
        len(truth),
    )


def _names(registry: Registry, current: tuple[ExtensionConfig, ...]) -> tuple[str, ...]:
    """Return the built-in models for few labels and those of plugins, without the current one if it is a default."""
    same = current[0].name if len(current) == 1 and not current[0].parameters else None
    return tuple(
        entry.extension.name
        for entry in registry.entries("model")
        if entry.extension.name != same and (entry.plugin is not None or entry.extension.name in _OWN)
    )


def sorted_models(found: ModelComparison, score: str) -> Iterator[ComparedModel]:
    """Yield the models, the best one first; those without the score at the end."""
    yield from sorted(found.models, key=lambda model: -np.nan_to_num(model.scores.get(score, -1.0), nan=-1.0))


def comparison_lines(found: ModelComparison, score: str, name: str) -> tuple[str, ...]:
    """Return what to say about a comparison for the class of this name, as lines of text."""
    n = len(found.models) + 1
    clear = [model for model in found.models if (other := model.differences.get(score)) is not None and other.low > 0]
    conclusion = (
        f"{len(clear)} of {n - 1} other models {'is' if len(clear) == 1 else 'are'} better than the current one."
        if clear
        else "No other model is clearly better than the current one."
    )
    return (
        f"{name}, {found.k} labels, {found.n_scored:,} sources of the validation set. {conclusion}",
        f"{n} models were looked at: the best of many looks better than it is. If you change the model, report the "
        "test set.",
    )


def comparison_rows(found: ModelComparison, score: str) -> list[tuple[str, str, str]]:
    """Return the models as rows of text: title, score, and difference from the current one with its interval."""
    rows = [(f"{found.current.title} (current)", _number(found.current.scores[score]), "")]
    for model in sorted_models(found, score):
        if model.problem:
            rows.append((model.title, "n/a", model.problem))
            continue
        other = model.differences[score]
        rows.append(
            (model.title, _number(model.scores[score]), f"{other.value:+.3f} ({other.low:+.3f} to {other.high:+.3f})")
        )
    return rows


def plain_comparison(found: ModelComparison) -> dict[str, Any]:
    """Return a comparison as plain values; undefined ones are None."""

    def plain(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: plain(item) for key, item in value.items()}
        if isinstance(value, list | tuple):
            return [plain(item) for item in value]
        return None if isinstance(value, float) and np.isnan(value) else value

    return {("class" if key == "class_name" else key): plain(value) for key, value in asdict(found).items()}


def _number(value: float) -> str:
    return "n/a" if np.isnan(value) else f"{value:.3f}"
