"""Check what a project would learn from: nothing at all, or something that makes scores too good."""

from __future__ import annotations

import numpy as np

from astronomical.catalogue.duplicates import Duplicates
from astronomical.catalogue.features import FeatureMatrix
from astronomical.config.schema import Config
from astronomical.session.data.dataset import Dataset

__all__ = ["all_excluded", "duplicate_warnings", "project_warnings"]

#: Maximum number of features named in a message.
_SHOWN = 5


def all_excluded(config: Config, features: FeatureMatrix) -> str:
    """Return why the policy for missing values excludes every source; empty if it does not.

    Parameters
    ----------
    config
        The project.
    features
        Its features.
    """
    if config.features.missing != "drop" or features.complete.any():
        return ""
    empty = [name for name, values in zip(features.names, features.values, strict=True) if np.isnan(values).all()]
    if not empty:
        return "no source has a value of every feature, so all sources are excluded. Use fewer features, or 'median'."
    shown = ", ".join(empty[:_SHOWN]) + (f" and {len(empty) - _SHOWN} more" if len(empty) > _SHOWN else "")
    return f"no source has a value of {shown}, so all sources are excluded. Remove the feature, or use 'median'."


def duplicate_warnings(duplicates: Duplicates, radius_arcsec: float) -> tuple[str, ...]:
    """Return how many sources are the same object, in a sentence or two; nothing if none are.

    Parameters
    ----------
    duplicates, radius_arcsec
        The groups, and the separation up to which sources are the same object.
    """
    found = []
    if duplicates.crowded:
        found.append(
            f"Too many sources are within {radius_arcsec:g} arcsec of each other, so positions are not compared to "
            "find the same object. Choose a smaller separation."
        )
    if duplicates.n_groups:
        found.append(
            f"{duplicates.n_rows:,} sources are {duplicates.n_groups:,} objects that occur more than once (within "
            f"{radius_arcsec:g} arcsec, or with the same features). Each object is in one set of the split, and is "
            "queried once."
        )
    return tuple(found)


def project_warnings(config: Config, dataset: Dataset, incomplete: str | None = None) -> tuple[str, ...]:
    """Return warnings about a project that can be opened, one sentence or two each.

    Parameters
    ----------
    config, dataset
        The project and its data.
    incomplete
        Message that rows of the catalogue file are missing, if they are.
    """
    found = [incomplete] if incomplete else []
    if dataset.duplicates is not None:
        found += duplicate_warnings(dataset.duplicates, config.split.same_within_arcsec or 0.0)
    found += dataset.leaks
    if config.features.missing == "drop" and (n := int(np.count_nonzero(~dataset.features.complete))):
        found.append(f"{n:,} of {len(dataset.codes):,} sources are excluded, because a feature is missing.")
    counts = {name: n for name, n in dataset.counts.items() if name not in config.split.drop}
    for name in (learner.class_name for learner in config.learners):
        inside = dataset.truth(name, config.split.drop)[dataset.split.validation]
        if counts.get(name) and not np.any(inside == 1):
            found.append(f"The validation set has no {name}, so its recall, F1 and average precision are undefined.")
    return tuple(found)
