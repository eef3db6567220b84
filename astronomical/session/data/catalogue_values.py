"""What a project takes from its catalogue: columns in use, classes, fingerprint, and sources that occur twice."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from astronomical.catalogue.catalogue import Catalogue
from astronomical.catalogue.duplicates import Duplicates, find_duplicates
from astronomical.catalogue.fingerprint import block_digests, fingerprint
from astronomical.catalogue.labels import code_labels, normalise_labels
from astronomical.catalogue.virtual_columns import inputs_of
from astronomical.config.schema import Config, FeaturesConfig, FingerprintConfig
from astronomical.session.data.population import population_names
from astronomical.session.data.vectors import key_columns, key_texts
from astronomical.session.data.virtual import virtual_columns

__all__ = ["duplicates_of", "feature_columns", "label_codes", "make_fingerprint", "used_columns"]


def feature_columns(features: FeaturesConfig) -> tuple[str, ...]:
    """Return the columns that are features or combined to features, without duplicates."""
    combined = (name for combination in features.combinations for name in combination.columns or ())
    return tuple(dict.fromkeys((*features.columns, *combined)))


def used_columns(config: Config) -> tuple[str, ...]:
    """Return the columns on which results depend, without duplicates."""
    names = list(feature_columns(config.features))
    if config.catalogue.label is not None:
        names.append(config.catalogue.label)
    if config.catalogue.id.source == "position" and config.catalogue.position is not None:
        names += [config.catalogue.position.ra, config.catalogue.position.dec]
    return tuple(dict.fromkeys(names))


def duplicates_of(radius_arcsec: float | None, features: FeaturesConfig, catalogue: Catalogue) -> Duplicates | None:
    """Return the sources that are the same object; None if the radius is None.

    Parameters
    ----------
    radius_arcsec
        Sources at this distance or closer are the same object.
    features
        The features: sources that have the same values in their columns are the same object, too.
    catalogue
        The catalogue.
    """
    if radius_arcsec is None:
        return None
    columns = [catalogue.number(name) for name in feature_columns(features)]
    columns += key_columns(features, catalogue)
    if catalogue.position is None and not columns:
        return None
    return find_duplicates(catalogue.position, columns, radius_arcsec)


def label_codes(config: Config, catalogue: Catalogue) -> NDArray[np.int16]:
    """Return the class of each source from the label column, shape (n_rows,); -1 means unknown."""
    if config.catalogue.label is None:
        return np.full(catalogue.n_rows, -1, dtype=np.int16)
    texts = normalise_labels(catalogue.raw(config.catalogue.label), {entry.value for entry in config.labels})
    meaning = {entry.value: entry.name for entry in config.labels}
    return code_labels(texts, meaning, config.class_names, config.catalogue.unknown_labels)


def make_fingerprint(config: Config, catalogue: Catalogue, *, blocks: bool = True) -> FingerprintConfig:
    """Return the digests of the ids and of each column on which results depend, also for blocks of sources."""
    named = population_names(config)
    chosen = [column.name for column in catalogue.columns if column.name in named and column.kind != "vector"]
    used = tuple(dict.fromkeys((*used_columns(config), *chosen)))
    names = inputs_of(virtual_columns(config.catalogue.virtual), used)
    columns = {name: _values_for_digest(config, catalogue, name) for name in names}
    columns |= {item.column: key_texts(catalogue, item.column) for item in config.features.vectors}
    found = fingerprint(catalogue.ids, columns)
    if blocks:
        found["id_blocks"], found["blocks"] = block_digests(catalogue.ids, columns)
    return FingerprintConfig.model_validate(found)


def _values_for_digest(config: Config, catalogue: Catalogue, name: str) -> NDArray[np.generic]:
    if name == config.catalogue.label:
        return normalise_labels(catalogue.raw(name), {entry.value for entry in config.labels})
    if catalogue.info(name).kind == "text":
        return catalogue.text(name)
    return catalogue.number(name)
