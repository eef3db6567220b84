"""From a config to the arrays that learners and plots work with."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from astronomical.catalogue.catalogue import Catalogue
from astronomical.catalogue.features import FeatureMatrix, build_features
from astronomical.catalogue.fingerprint import block_digests, fingerprint
from astronomical.catalogue.hashing import first_by_hash
from astronomical.catalogue.joins import Join
from astronomical.catalogue.labels import code_labels, normalise_labels
from astronomical.catalogue.splits import Split, split_rows
from astronomical.config.io import local_path
from astronomical.config.schema import CatalogueConfig, Config, FingerprintConfig, JoinConfig
from astronomical.plugins.registry import Registry
from astronomical.session.errors import SessionError
from astronomical.session.memory import exact_columns
from astronomical.session.recipes import operations_of, recipe_of

#: Rows that are drawn at once from the whole catalogue.
_N_DRAWN = 2048

Progress = Callable[[str, float], None]


def no_progress(what: str, fraction: float) -> None:
    """Tell nobody how far the work is."""


@dataclass(frozen=True)
class Dataset:
    """A catalogue with everything that the config derives from it.

    Attributes
    ----------
    catalogue
        The table, its rows in the order of the ids; all arrays below are in this order.
    class_names
        Names of the classes; a code is a place in this list.
    codes
        Class of each source by its catalogue label, shape (n_rows,); -1 is unknown.
    split
        Training, validation and test set; sources that learning cannot use are in none.
    lacking
        Feature operations of the config that are not there, and without which nothing can be trained.
    """

    catalogue: Catalogue
    class_names: tuple[str, ...]
    codes: NDArray[np.int16]
    features: FeatureMatrix
    split: Split
    lacking: tuple[str, ...] = ()

    def can_train(self, id: str) -> bool:
        """Tell whether a source is in the training set: settings or catalogue may have changed since its label."""
        known = self._can_train.get(id)
        if known is None:
            known = self._can_train[id] = (id in self.catalogue
                                           and bool(self.split.training[self.catalogue.row(id)]))
        return known

    def note_training(self, ids: Sequence[str], inside: NDArray[np.bool_]) -> None:
        """Note for `can_train` whether sources are in the training set: looked up all at once it takes no time.

        Parameters
        ----------
        ids, inside
            The sources, and whether each is in it.
        """
        self._can_train.update(zip(ids, inside.tolist(), strict=True))

    @cached_property
    def _can_train(self) -> dict[str, bool]:
        return {}

    def check_features(self) -> None:
        """Refuse to train on a part of the features.

        Raises
        ------
        SessionError
            If an operation is not there.
        """
        if self.lacking:
            raise SessionError(f"Features are made by {', '.join(map(repr, self.lacking))}, of a plugin that is not "
                               "loaded: nothing can be trained without them.")

    def truth(self, class_name: str, dropped: tuple[str, ...] = ()) -> NDArray[np.int8]:
        """Return 1 for sources of a class, 0 for the others and -1 for the unknown, shape (n_rows,).

        Parameters
        ----------
        class_name
            The class.
        dropped
            Classes that are left out: their sources are unknown here.
        """
        code = self.class_names.index(class_name)
        truth = np.where(self.codes == code, 1, 0).astype(np.int8)
        out = [self.class_names.index(name) for name in dropped]
        truth[(self.codes < 0) | np.isin(self.codes, out)] = -1
        return truth

    def drawn(self, seed: int) -> NDArray[np.intp]:
        """Return a few thousand rows drawn with a seed, in the order drawn; it is done once for each seed."""
        if seed not in self._drawn:
            self._drawn[seed] = first_by_hash(self.catalogue.ids, seed, _N_DRAWN)
        return self._drawn[seed]

    @cached_property
    def _drawn(self) -> dict[int, NDArray[np.intp]]:
        return {}

    @cached_property
    def counts(self) -> dict[str, int]:
        """Number of sources of each class by catalogue label."""
        return {name: int(np.count_nonzero(self.codes == i)) for i, name in enumerate(self.class_names)}


def catalogue_path(config: CatalogueConfig, folder: Path) -> Path:
    """Return where the catalogue lies: its path is relative to the folder of the config."""
    path = local_path(config.path)
    return path if path.is_absolute() else (folder / path).resolve()


def join_of(config: JoinConfig, folder: Path) -> Join:
    """Return how another table is joined, its path being relative to a folder."""
    path = local_path(config.path)
    position = config.position
    return Join(path=path if path.is_absolute() else (folder / path).resolve(), by=config.by, format=config.format,
                table=config.table, id_column=config.id, key=config.key,
                position=None if position is None else (position.ra, position.dec, position.unit),
                radius_arcsec=config.radius_arcsec, match=config.match, prefix=config.prefix, suffix=config.suffix,
                columns=config.columns)


def open_catalogue(config: CatalogueConfig, path: Path, folder: Path) -> Catalogue:
    """Open the table of a config at a path, the tables that it joins being relative to a folder."""
    position = config.position
    return Catalogue.open(
        path,
        format=config.format,
        table=config.table,
        id_source=config.id.source,
        id_column=config.id.column,
        position=None if position is None else (position.ra, position.dec, position.unit),
        missing=config.missing,
        joins=[join_of(join, folder) for join in config.joins],
        exact=exact_columns(config),
    )


def open_project_catalogue(config: CatalogueConfig, folder: Path, elsewhere: str | Path | None = None) -> Catalogue:
    """Open the table of a config in a folder where the config says, or elsewhere in whatever format it has there."""
    if elsewhere is None:
        return open_catalogue(config, catalogue_path(config, folder), folder)
    return open_catalogue(config.model_copy(update={"format": None}), local_path(elsewhere), folder)


def used_columns(config: Config) -> tuple[str, ...]:
    """Return the columns on which results depend, each once."""
    names = list(config.features.columns)
    for combination in config.features.combinations:
        names.extend(combination.columns or ())
    if config.catalogue.label is not None:
        names.append(config.catalogue.label)
    if config.catalogue.id.source == "position" and config.catalogue.position is not None:
        names += [config.catalogue.position.ra, config.catalogue.position.dec]
    return tuple(dict.fromkeys(names))


def check_columns(config: Config, catalogue: Catalogue) -> None:
    """Refuse a config that names columns which the catalogue does not have.

    Raises
    ------
    SessionError
        Naming the first few of them.
    """
    there = {column.name for column in catalogue.columns}
    missing = [name for name in used_columns(config) if name not in there]
    if missing:
        shown = ", ".join(repr(name) for name in missing[:5])
        more = f" and {len(missing) - 5} more" if len(missing) > 5 else ""
        raise SessionError(f"The catalogue has no column {shown}{more}. It has {len(there)} columns; "
                           "is it the catalogue of this project?")


def build_dataset(config: Config, catalogue: Catalogue, registry: Registry,
                  progress: Progress = no_progress, *, allow_lacking: bool = False) -> Dataset:
    """Derive labels, split and features.

    Parameters
    ----------
    config, catalogue, registry
        The project, its table, and where operations are found.
    progress
        Called with what is being done and how far it is, from 0 to 1.
    allow_lacking
        Leave out the features whose operation is not there, rather than refuse; they are named in `Dataset.lacking`.

    Raises
    ------
    SessionError, CatalogueError
        If the config names columns or operations that do not exist.
    """
    check_columns(config, catalogue)
    operations = operations_of(registry, config.features.combinations)
    lacking = tuple(dict.fromkeys(item.operation for item in config.features.combinations
                                  if item.operation not in operations)) if allow_lacking else ()
    section = config.features.model_copy(update={"combinations": tuple(
        item for item in config.features.combinations if item.operation not in lacking)})
    progress("Reading labels", 0.1)
    codes = label_codes(config, catalogue)
    names = config.class_names
    split = split_rows(
        catalogue.ids,
        codes,
        fractions=(config.split.train, config.split.validation, config.split.test),
        seed=config.project.seed,
        use_unknown=config.split.use_unknown,
        dropped=tuple(names.index(name) for name in config.split.drop),
        names=names,
        training=catalogue.mask(config.split.training_ids) if config.split.training_ids else None,
    )
    progress("Making features", 0.4)
    catalogue.prefetch(used_columns(config))
    features = build_features(catalogue.number, recipe_of(section), operations, split.training)
    progress("Ready", 1.0)
    return Dataset(catalogue, names, codes, features, _usable(split, features, config.features.missing), lacking)


def label_codes(config: Config, catalogue: Catalogue) -> NDArray[np.int16]:
    """Return the class of each source by the label column, shape (n_rows,); -1 is unknown."""
    if config.catalogue.label is None:
        return np.full(catalogue.n_rows, -1, dtype=np.int16)
    texts = normalise_labels(catalogue.raw(config.catalogue.label))
    meaning = {entry.value: entry.name for entry in config.labels}
    return code_labels(texts, meaning, config.class_names, config.catalogue.unknown_labels)


def make_fingerprint(config: Config, catalogue: Catalogue, *, blocks: bool = True) -> FingerprintConfig:
    """Return the digests of the ids and of each column on which results depend, those of blocks of sources too."""
    columns = {name: _values_for_digest(config, catalogue, name) for name in used_columns(config)}
    found = fingerprint(catalogue.ids, columns)
    if blocks:
        found["id_blocks"], found["blocks"] = block_digests(catalogue.ids, columns)
    return FingerprintConfig.model_validate(found)


def _values_for_digest(config: Config, catalogue: Catalogue, name: str) -> NDArray[np.generic]:
    if name == config.catalogue.label:
        return normalise_labels(catalogue.raw(name))
    if catalogue.info(name).kind == "text":
        return catalogue.text(name)
    return catalogue.number(name)


def _usable(split: Split, features: FeatureMatrix, missing: str) -> Split:
    """Take sources with missing features out of all sets, where the policy is to drop them."""
    if missing != "drop":
        return split
    complete = features.complete
    return Split(split.training & complete, split.validation & complete, split.test & complete)
