"""The request of the newest trained round of a learner, on which studies of the learner are based."""

from __future__ import annotations

import numpy as np

from astronomical.config.schema import Config, LearnerConfig
from astronomical.labels.ledger import Ledger
from astronomical.learning.rounds import RoundRequest
from astronomical.plugins.registry import Registry
from astronomical.session.data.dataset import Dataset
from astronomical.session.errors import SessionError
from astronomical.session.labelling.training_set import training_set_of
from astronomical.session.training.queues import trained_at
from astronomical.session.training.round_requests import TrainingSet, request_for

__all__ = ["trained_request"]


def trained_request(
    config: Config, dataset: Dataset, registry: Registry, ledger: Ledger, class_name: str
) -> tuple[LearnerConfig, TrainingSet, RoundRequest]:
    """Return a learner, its training set, and the request of its newest trained round.

    Raises
    ------
    SessionError
        If there is no such learner, or it has no label of a side.
    """
    learner = config.learner(class_name)
    if learner is None:
        raise SessionError(f"Class {class_name!r} has no learner.")
    view = training_set_of(config, dataset, ledger, class_name)
    request = request_for(config, dataset, registry, view, trained_at(learner, view.k))
    if len(np.unique(request.targets)) < 2:
        raise SessionError("The learner is not trained yet. Label more sources first.")
    return learner, view, request
