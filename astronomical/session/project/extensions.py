"""Resolve the models and query strategies that a project file names, and check their parameters."""

from __future__ import annotations

from functools import partial
from typing import Any

from astronomical.config.schema import ExtensionConfig, LearnerConfig
from astronomical.errors import InvalidInputError
from astronomical.learning.query_selection import Strategy
from astronomical.learning.rounds import Member
from astronomical.plugins.registry import Registry, UnknownExtensionError
from astronomical.session.errors import SessionError


def member_of(registry: Registry, config: ExtensionConfig) -> Member:
    """Return the model that a project file names, with its parameters checked."""
    entry, parameters = _resolve(registry, "model", config)
    return Member(config.name, partial(entry.obj, **parameters), bool(entry.extension.option("native_missing")))


def strategy_of(registry: Registry, config: ExtensionConfig) -> Strategy:
    """Return the query strategy that a project file names, with its parameters checked."""
    entry, parameters = _resolve(registry, "strategy", config)
    option = entry.extension.option
    utility = partial(entry.obj, **parameters) if parameters else entry.obj
    return Strategy(config.name, utility, option("confidence"), bool(option("needs_model", True)), option("looks_at"))


def check_learner(registry: Registry, learner: LearnerConfig) -> None:
    """Raise an error if a learner could not be trained.

    Raises
    ------
    SessionError
        If a model or strategy does not exist, lacks a parameter, or does not suit the number of models.
    """
    for model in learner.models:
        member_of(registry, model)
    strategy_of(registry, learner.strategy)
    option = registry.find("strategy", learner.strategy.name).extension.option
    if option("learners") == "committee" and len(learner.models) < 2:
        raise SessionError(
            f"The query strategy {learner.strategy.name} needs a committee of several models, "
            f"but the {learner.class_name} learner has one. Add a model, or choose another "
            "strategy."
        )


def _resolve(registry: Registry, kind: Any, config: ExtensionConfig) -> tuple[Any, dict[str, Any]]:
    try:
        entry = registry.find(kind, config.name)
        return entry, entry.extension.check(dict(config.parameters))
    except (UnknownExtensionError, InvalidInputError) as error:
        raise SessionError(f"{str(error)[0].upper()}{str(error)[1:]}.") from None
