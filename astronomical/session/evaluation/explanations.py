"""Explain why a learner predicts what it does: for one source, and over all its labels."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from modAL.models import Committee
from numpy.typing import NDArray

from astronomical.catalogue.column_uses import other_use
from astronomical.catalogue.feature_plan import columns_of_features
from astronomical.catalogue.features import FeatureMatrix
from astronomical.catalogue.hashing import derive_seed, first_by_hash
from astronomical.config.schema import Config
from astronomical.labels.ledger import Ledger
from astronomical.learning.explanation import Explanation, TreeExplainer, as_explainer, explain_by_medians
from astronomical.learning.feature_space import Space
from astronomical.learning.rounds import Member, Round
from astronomical.learning.scoring import fill_missing, probabilities
from astronomical.plugins.registry import Registry
from astronomical.session.data.dataset import Dataset
from astronomical.session.data.feature_recipe import recipe_of
from astronomical.session.errors import SessionError
from astronomical.session.labelling.training_set import TrainingSet, training_set_of
from astronomical.session.project.extensions import member_of

__all__ = [
    "DrivingFeatures",
    "Neighbour",
    "SourceExplanation",
    "driving_features",
    "explain_source",
    "tree_explainers",
]

#: Number of nearest labelled sources, and maximum number of labels over which contributions are averaged.
_N_NEAREST, _MOST_LABELS = 5, 200
#: A feature drives a model if it is one of the first few and has at least this share of all contributions.
_N_FIRST, _SHARE = 5, 0.05
_USES = {
    "position": "a position",
    "id": "an id or number of an observation",
    "time": "a time",
    "flag": "a quality or flag",
    "index": "a row number",
}


@dataclass(frozen=True)
class Neighbour:
    """A labelled source: its id, its label, its distance in the scaled feature space, and its target."""

    id: str
    label: str
    distance: float
    target: int


@dataclass(frozen=True, eq=False)
class SourceExplanation:
    """Why a learner gives a source its probability.

    Attributes
    ----------
    id, class_name, k, key
        The source; class, number of labels and key of the round.
    names, values
        Names of the features, and their values in the units of the catalogue, shape (n_features,).
    explanation
        Contributions of the features.
    nearest
        The nearest labelled sources, nearest first.
    """

    id: str
    class_name: str
    k: int
    key: str
    names: tuple[str, ...]
    values: NDArray[np.float64]
    explanation: Explanation
    nearest: tuple[Neighbour, ...]

    def largest(self, n: int) -> tuple[tuple[str, float, float], ...]:
        """Return name, value and contribution of the features with the largest contributions."""
        parts = self.explanation.contributions
        order = np.argsort(-np.abs(parts), kind="stable")[:n]
        return tuple((self.names[i], float(self.values[i]), float(parts[i])) for i in order if parts[i] != 0)


@dataclass(frozen=True)
class DrivingFeatures:
    """The features that drive the predictions of a learner.

    Attributes
    ----------
    shares
        Name of each feature, and its share of the mean absolute contributions, largest first.
    n_labels
        Number of labels over which the contributions are averaged.
    warnings
        Driving features that are no property of a source, each with what to do.
    """

    shares: tuple[tuple[str, float], ...]
    n_labels: int
    warnings: tuple[str, ...]


def tree_explainers(round: Round) -> tuple[TreeExplainer, ...]:
    """Return the explainers of the models of a round; none if one of them has no Shapley values."""
    found = [as_explainer(learner.estimator) for learner in _learners(round)]
    explainers = tuple(item for item in found if item is not None)
    same = len(explainers) == len(found) and all(item.scale == "probability" for item in explainers)
    return explainers if same or len(explainers) == len(found) == 1 else ()


def explain_source(
    config: Config,
    dataset: Dataset,
    ledger: Ledger,
    registry: Registry,
    round: Round | None,
    id: str,
    explainers: tuple[TreeExplainer, ...] | None = None,
) -> SourceExplanation:
    """Explain the probability of a source in a round.

    Raises
    ------
    SessionError
        If the round is not trained, or the source has no probability in it.
    """
    round = _trained(round)
    row = dataset.catalogue.row(id)
    if np.isnan(round.proba[row]):
        raise SessionError(f"Source {id} is not scored, for example because it is in the test set.")
    features = dataset.features
    found = _explain(config, registry, round, features, row, explainers)
    values = features.rows(np.array([row]))[0].astype(np.float64)
    if features.means is not None and features.scales is not None:
        values = values * features.scales + features.means
    view = training_set_of(config, dataset, ledger, round.class_name)
    nearest = _nearest(config, dataset, view, round.k, row)
    named = tuple(
        Neighbour(other.id, ledger.label_of(other.id) or "", distance, other.target) for other, distance in nearest
    )
    return SourceExplanation(id, round.class_name, round.k, round.key, features.names, values, found, named)


def driving_features(
    config: Config, dataset: Dataset, ledger: Ledger, registry: Registry, round: Round | None
) -> DrivingFeatures:
    """Return which features drive a round: their mean absolute contributions over its labels.

    Of many labels, 200 are drawn with the seed of the project.

    Raises
    ------
    SessionError
        If the round is not trained.
    """
    round = _trained(round)
    view = training_set_of(config, dataset, ledger, round.class_name)
    rows = np.sort(dataset.catalogue.rows_of([example.id for example in view.examples[: round.k]]))
    seed = derive_seed(config.project.seed, "explain", round.class_name)
    rows = rows[first_by_hash(dataset.catalogue.ids[rows], seed, _MOST_LABELS)]
    explainers, features = tree_explainers(round), dataset.features
    total = np.zeros(len(features.names))
    for row in rows.tolist():
        total += np.abs(_explain(config, registry, round, features, row, explainers).contributions)
    shares = total / total.sum() if total.sum() > 0 else total
    order = np.argsort(-shares, kind="stable")
    ranked = tuple((features.names[i], float(shares[i])) for i in order if shares[i] > 0)
    return DrivingFeatures(ranked, len(rows), tuple(_warnings(config, dataset, ranked)))


def _trained(round: Round | None) -> Round:
    if round is None or not round.trained:
        raise SessionError("The learner is not trained yet. Label more sources first.")
    return round


def _learners(round: Round) -> list[Any]:
    return list(round.model.learner_list) if isinstance(round.model, Committee) else [round.model]


def _explain(
    config: Config,
    registry: Registry,
    round: Round,
    features: FeatureMatrix,
    row: int,
    explainers: tuple[TreeExplainer, ...] | None,
) -> Explanation:
    explainers = tree_explainers(round) if explainers is None else explainers
    learner = config.learner(round.class_name)
    members = [member_of(registry, model) for model in learner.models] if learner is not None else []
    values = features.rows(np.array([row]))
    if not explainers:
        return explain_by_medians(lambda rows: _predict(round, members, features, rows), values[0], features.medians)
    found = [
        explainer.explain((values if member.native_missing else fill_missing(values, features.medians))[0])
        for explainer, member in zip(explainers, members, strict=True)
    ]
    if len(found) == 1:
        return found[0]
    return Explanation(
        "shapley",
        "probability",
        float(np.mean([one.base for one in found])),
        np.mean([one.contributions for one in found], axis=0),
        float(np.mean([one.probability for one in found])),
    )


def _predict(
    round: Round, members: list[Member], features: FeatureMatrix, rows: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return the probability of rows of features by the models of a round."""
    matrix = replace(
        features,
        values=np.ascontiguousarray(rows.T.astype(np.float32)),
        complete=np.ones(len(rows), dtype=np.bool_),
    )
    left_out = [features.names.index(name) for name in round.left_out]
    votes = [
        probabilities(learner, matrix, np.arange(len(rows)), fill=not member.native_missing, left_out=left_out)
        for learner, member in zip(_learners(round), members, strict=True)
    ]
    return np.asarray(np.mean(votes, axis=0), dtype=np.float64)


def _nearest(config: Config, dataset: Dataset, view: TrainingSet, k: int, row: int) -> list[tuple[Any, float]]:
    """Return the nearest examples of a round with their distances, without the source itself."""
    examples = list(view.examples[:k])
    rows = dataset.catalogue.rows_of([example.id for example in examples])
    drawn = dataset.drawn(derive_seed(config.project.seed, "explain"))
    space = Space(dataset.features, drawn, np.arange(len(drawn), dtype=np.uint64))
    away = np.linalg.norm(space.rows(rows) - space.rows(np.array([row])), axis=1)
    order = [place for place in np.argsort(away, kind="stable").tolist() if rows[place] != row]
    return [(examples[place], float(away[place])) for place in order[:_N_NEAREST]]


def _warnings(config: Config, dataset: Dataset, ranked: tuple[tuple[str, float], ...]) -> list[str]:
    columns = dict(zip(dataset.features.names, columns_of_features(recipe_of(config.features)), strict=False))
    found = []
    for name, share in ranked[:_N_FIRST]:
        uses = [(column, use) for column in columns.get(name, ()) if (use := _use(config, dataset, column))]
        if share >= _SHARE and uses:
            column, use = uses[0]
            found.append(
                f"Feature {name!r} has {100 * share:.0f} % of all contributions, but column {column!r} is {use}, not a "
                "property of a source: the model may have learned how sources were observed. Remove it from the "
                "features, unless there is a reason."
            )
    return found


def _use(config: Config, dataset: Dataset, column: str) -> str:
    """Return what a column is if it is no property of a source, else an empty text."""
    section, info = config.catalogue, dataset.catalogue.info(column)
    if section.position is not None and column in (section.position.ra, section.position.dec):
        return _USES["position"]
    if column in (section.id.column, section.name_column):
        return _USES["id"]
    # Many tables hold ids as floating-point numbers.
    return _USES.get(other_use(info) or other_use(replace(info, kind="integer")), "")
