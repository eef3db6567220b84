"""Find the models, strategies, features and plots of a project whose plugins are not loaded."""

from __future__ import annotations

from collections.abc import Iterable

from astronomical.config.schema import Config
from astronomical.extend import Kind
from astronomical.plugins.loader import Plugins

__all__ = ["missing_extensions", "needed_by", "what_to_install"]

_WORDS: dict[Kind, str] = {
    "model": "model",
    "strategy": "query strategy",
    "feature": "feature operation",
    "plot": "plot",
}
_NOT_NAMED = "The project file does not name its plugin: give the plugin file with --plugins, or install its package."


def needed_by(config: Config, class_name: str) -> tuple[tuple[Kind, str], ...]:
    """Return the extensions that a learner uses, without duplicates: features, models and strategy."""
    learner = config.learner(class_name)
    found: list[tuple[Kind, str]] = [("feature", item.operation) for item in config.features.combinations]
    if learner is not None:
        found += [("model", item.name) for item in learner.models]
        found.append(("strategy", learner.strategy.name))
    return tuple(dict.fromkeys(found))


def missing_extensions(needed: Iterable[tuple[Kind, str]], plugins: Plugins) -> tuple[tuple[Kind, str], ...]:
    """Return the missing extensions of a learner."""
    return tuple((kind, name) for kind, name in needed if name not in plugins.registry.names(kind))


def what_to_install(missing: Iterable[tuple[Kind, str]], plugins: Plugins) -> str:
    """Return what is missing and how to get it; empty if nothing is missing.

    Parameters
    ----------
    missing
        Kinds and names of extensions.
    plugins
        Result of loading the plugins of the project.
    """
    missing = tuple(missing)
    names = [f"the {_WORDS[kind]} {name!r}" for kind, name in missing]
    if not names:
        return ""
    listed = " and ".join(filter(None, (", ".join(names[:-1]), names[-1])))
    first = f"{listed[0].upper()}{listed[1:]} {'is' if len(names) == 1 else 'are'} missing."
    extras = [plugins.registry.how_to_get(kind, name) for kind, name in missing]
    plugin_problems = (plugins.problems or (_NOT_NAMED,)) if "" in extras else ()
    how = tuple(dict.fromkeys(extra for extra in extras if extra))
    return " ".join((first, *how, *plugin_problems, "Then open the project again."))
