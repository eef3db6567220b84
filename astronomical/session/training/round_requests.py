"""Build the `RoundRequest` of a round from project file, dataset and ledger.

The request of round k depends on the first k labels of a learner alone. The same function therefore serves the open
session, the recomputation of rounds after an undo, and `reproduce`.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from astronomical.catalogue.hashing import derive_seed
from astronomical.config.schema import Config, LearnerConfig
from astronomical.learning.round_key import round_key
from astronomical.learning.rounds import RoundRequest
from astronomical.plugins.registry import Registry
from astronomical.session.data.catalogue_values import feature_columns
from astronomical.session.data.dataset import Dataset
from astronomical.session.data.population import population_digest
from astronomical.session.data.virtual import needed_virtual
from astronomical.session.errors import SessionError
from astronomical.session.labelling.training_set import TrainingExample, TrainingSet, training_set_of
from astronomical.session.project.extensions import member_of, strategy_of

__all__ = [
    "TrainingExample",
    "TrainingSet",
    "n_needed",
    "request_for",
    "request_key",
    "round_basis",
    "settings_of",
    "training_set_of",
]


def request_for(
    config: Config, dataset: Dataset, registry: Registry, view: TrainingSet, k: int | None = None
) -> RoundRequest:
    """Return the request of round k, by default the newest.

    Raises
    ------
    SessionError
        If the learner names a model, strategy or parameter that does not exist, or features cannot be computed.
    """
    dataset.check_features()
    learner = config.learner(view.class_name)
    if learner is None:
        raise SessionError(f"Class {view.class_name!r} has no learner.")
    k = view.k if k is None else k
    examples = sorted(view.examples[:k], key=lambda example: example.id.encode())
    removed = view.removed_before(k)
    catalogue = dataset.catalogue
    rows = catalogue.rows_of([example.id for example in examples])
    pool = dataset.askable.copy()
    pool[dataset.with_copies(rows)] = False
    pool[dataset.with_copies(catalogue.rows_there(removed))] = False
    name, seed = view.class_name, config.project.seed
    strategy = strategy_of(registry, learner.strategy)
    n_ranked = strategy.first_ranked
    while n_ranked < n_needed(learner, view, k):
        n_ranked *= 2
    return RoundRequest(
        class_name=name,
        key=request_key(config, view, k),
        basis=round_basis(config, view, k),
        k=k,
        ids=catalogue.ids,
        features=dataset.features,
        rows=rows,
        targets=np.array([example.target for example in examples], dtype=np.int8),
        weights=_weights_of(examples),
        pool=pool,
        truth=dataset.truth(name, config.split.drop),
        training=dataset.split.training,
        validation=dataset.split.validation,
        members=tuple(member_of(registry, model) for model in learner.models),
        strategy=strategy,
        model_seed=derive_seed(seed, "model", name),
        query_seed=derive_seed(seed, "query", name, k),
        n_start=learner.start.n if learner.start.mode == "label" else 2,
        n_ranked=n_ranked,
    )


def n_needed(learner: LearnerConfig, view: TrainingSet, k: int) -> int:
    """Return how far down its ranking round k may query: the removed sources, and one batch."""
    n_aside = len(view.removed) - view.n_removed_before(k)
    return n_aside + max((queue.size for queue in learner.queues), default=1)


def round_basis(config: Config, view: TrainingSet, k: int) -> str:
    """Return an identifier of round k within the running session: as unique as its key, but fast."""
    learner = config.learner(view.class_name)
    settings = settings_of(config, learner) if learner is not None else {}
    content = [view.class_name, settings, _recipe_of(config), *view.weights(k)]
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()[:32]


def request_key(config: Config, view: TrainingSet, k: int) -> str:
    """Return the key of round k as it is recorded; this takes time for many labels."""
    learner = config.learner(view.class_name)
    return round_key(
        settings_of(config, learner) if learner is not None else {},
        _recipe_of(config),
        [example.content for example in view.examples[:k]],
        view.removed_before(k),
    )


def _weights_of(examples: Sequence[TrainingExample]) -> NDArray[np.float64] | None:
    """Return the weights of labels; None if all have a full weight."""
    weights = np.array([example.weight for example in examples], dtype=np.float64)
    return None if np.all(weights == 1) else weights


def _recipe_of(config: Config) -> Mapping[str, Any]:
    """Return the recipe of the features, with the expressions of virtual columns if any is used."""
    recipe = config.features.model_dump(mode="json")
    virtual = (
        needed_virtual(config.catalogue.virtual, feature_columns(config.features)) if config.catalogue.virtual else ()
    )
    return {**recipe, "virtual": {item.name: item.expression for item in virtual}} if virtual else recipe


def settings_of(config: Config, learner: LearnerConfig) -> Mapping[str, Any]:
    """Return the settings of a learner that its rounds depend on."""
    population, chosen = population_digest(config), config.catalogue.working_set
    added = sorted(chosen.added_ids) if chosen is not None else []
    return {
        "seed": config.project.seed,
        "split": config.split.model_dump(mode="json"),
        "learner": learner.model_dump(mode="json", by_alias=True, exclude={"started", "queues", "operating_point"}),
        # Left out where they are empty, so that other projects keep their keys.
        **({"population": population} if population else {}),
        **({"added": hashlib.sha256(json.dumps(added).encode()).hexdigest()[:32]} if added else {}),
    }
