"""Check with made-up data whether the models of a learner can be saved, before any labels are given."""

from __future__ import annotations

import io
from typing import Literal

import numpy as np

from astronomical.config.schema import ExtensionConfig
from astronomical.plugins.registry import Registry
from astronomical.session.project.extensions import member_of
from astronomical.session.state import SessionState
from astronomical.tasks import Jobs

__all__ = ["JOB", "cancel_checks", "obstacle", "obstacle_in_words"]

#: Name of the job that checks a model.
JOB = "trying a model"
_N_ROWS = 12


def obstacle(registry: Registry, model: ExtensionConfig, n_features: int, form: Literal["skops", "joblib"]) -> str:
    """Return why a model cannot be saved; empty if it can, or if that is unknown.

    Built-in models can be saved. A plugin's model is trained on a few made-up rows, so call this in a thread.

    Parameters
    ----------
    registry
        Registry of the models.
    model
        The model with its parameters.
    n_features
        Number of features of the project.
    form
        Format of the file.
    """
    if model.name in registry.names("model") and registry.find("model", model.name).plugin is None:
        return ""
    rng = np.random.default_rng(0)
    targets = np.arange(_N_ROWS, dtype=np.int8) % 2
    rows = rng.normal(size=(_N_ROWS, max(1, n_features))).astype(np.float32) + targets[:, None]
    try:
        member = member_of(registry, model)
        fitted = member.build(0).fit(rows, targets)
    except (Exception, SystemExit):  # a plugin may raise anything; the error is shown when it is trained
        return ""
    try:
        if form == "skops":
            from astronomical.session.export.model_files import foreign_types, in_words  # imports skops

            return in_words(foreign_types(fitted))
        import joblib  # type: ignore[import-untyped]

        joblib.dump(fitted, io.BytesIO())
    except Exception as error:
        return str(error) or type(error).__name__
    return ""


def obstacle_in_words(found: str, form: Literal["skops", "joblib"], *, keep: bool) -> str:
    """Return a message about an obstacle, and what to do."""
    if not found:
        return ""
    kept = "The models of its rounds cannot be saved" if keep else "The model cannot be exported"
    harmless = "Labels, queries and scores are not affected."
    if form == "joblib":
        return f"{kept}: joblib cannot write it ({found}). {harmless} The plugin itself must be changed."
    return (
        f"{kept} as .skops files: the model contains {found}, which is not allowed. {harmless} What you can do: "
        "choose .joblib in Settings… (Project, Models of the rounds), or have the plugin return scikit-learn's own "
        "types."
    )


def cancel_checks(state: SessionState, jobs: Jobs) -> None:
    """Cancel all checks of models, so that they do not delay the training."""
    for job in state.jobs:
        if job.name.startswith(JOB):
            jobs.cancel(job.name)
