"""Whether the models of a learner can be saved: found out on made-up rows, before anybody has labelled for them."""

from __future__ import annotations

import io
from typing import Literal

import numpy as np

from astronomical.config.schema import ExtensionConfig
from astronomical.plugins.registry import Registry
from astronomical.session.bundles import foreign_types, in_words
from astronomical.session.requests import member_of

__all__ = ["JOB", "obstacle", "obstacle_in_words"]

#: Name of the job that tries a model.
JOB = "trying a model"
_N_ROWS = 12


def obstacle(registry: Registry, model: ExtensionConfig, n_features: int, form: Literal["skops", "joblib"]) -> str:
    """Return what keeps a model from being saved; empty if nothing does, or if that cannot be found out.

    What is built in can be saved. A plugin's model is trained on a few made-up rows, so call this in a thread.

    Parameters
    ----------
    registry
        Where models are found.
    model
        The model, with its parameters.
    n_features
        How many features the project has.
    form
        The form of file.
    """
    if model.name in registry.names("model") and registry.find("model", model.name).plugin is None:
        return ""
    rng = np.random.default_rng(0)
    targets = np.arange(_N_ROWS, dtype=np.int8) % 2
    rows = rng.normal(size=(_N_ROWS, max(1, n_features))).astype(np.float32) + targets[:, None]
    try:
        member = member_of(registry, model)
        fitted = member.build(0).fit(rows, targets)
    except (Exception, SystemExit):  # a plugin may do anything; whoever trains it is told then
        return ""
    try:
        if form == "skops":
            return in_words(foreign_types(fitted))
        import joblib  # type: ignore[import-untyped]

        joblib.dump(fitted, io.BytesIO())
    except Exception as error:
        return str(error) or type(error).__name__
    return ""


def obstacle_in_words(found: str, form: Literal["skops", "joblib"], *, keep: bool) -> str:
    """Return what to tell about an obstacle, and what can be done."""
    if not found:
        return ""
    kept = "The models of its rounds cannot be kept on disk" if keep else "It cannot be exported"
    harmless = "Labels, queries and scores do without."
    if form == "joblib":
        return f"{kept}: joblib cannot write it ({found}). {harmless} Only a change of the plugin helps."
    return (f"{kept} as .skops files: it holds {found}, which such a file may not hold. {harmless} What you can do: "
            "choose .joblib in Settings… (Project, Models of the rounds), or have the plugin return scikit-learn's own "
            "types.")
