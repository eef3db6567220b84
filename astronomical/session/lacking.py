"""What a project names and what is not here: models, strategies, features and plots of plugins that are not loaded."""

from __future__ import annotations

from collections.abc import Iterable

from astronomical.config.schema import Config
from astronomical.extend import Kind
from astronomical.plugins.loader import Plugins

__all__ = ["lacking", "needed_by", "what_to_install"]

_WORDS: dict[Kind, str] = {"model": "model", "strategy": "query strategy", "feature": "feature operation",
                           "plot": "plot"}
_NOT_NAMED = ("It comes with a plugin that this project does not name: start with --plugins and its file, or install "
              "its package.")


def needed_by(config: Config, class_name: str) -> tuple[tuple[Kind, str], ...]:
    """Return the extensions that a learner stands on, each once: those of the features, its models, its strategy."""
    learner = config.learner(class_name)
    found: list[tuple[Kind, str]] = [("feature", item.operation) for item in config.features.combinations]
    if learner is not None:
        found += [("model", item.name) for item in learner.models]
        found.append(("strategy", learner.strategy.name))
    return tuple(dict.fromkeys(found))


def lacking(needed: Iterable[tuple[Kind, str]], plugins: Plugins) -> tuple[tuple[Kind, str], ...]:
    """Return those extensions that are not there."""
    return tuple((kind, name) for kind, name in needed if name not in plugins.registry.names(kind))


def what_to_install(missing: Iterable[tuple[Kind, str]], plugins: Plugins) -> str:
    """Say what is not there, and what brings it; empty if nothing is missing.

    Parameters
    ----------
    missing
        Kinds and names of extensions.
    plugins
        What became of the plugins that the project names.
    """
    names = [f"the {_WORDS[kind]} {name!r}" for kind, name in missing]
    if not names:
        return ""
    listed = " and ".join(filter(None, (", ".join(names[:-1]), names[-1])))
    first = f"{listed[0].upper()}{listed[1:]} {'is' if len(names) == 1 else 'are'} not here."
    return " ".join((first, *(plugins.problems or (_NOT_NAMED,)), "Then open the project again."))
