"""Derive the arrays for learners and plots from a project file."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from astronomical.catalogue.catalogue import Catalogue
from astronomical.catalogue.duplicates import Duplicates
from astronomical.catalogue.errors import CatalogueError
from astronomical.catalogue.features import FeatureMatrix
from astronomical.catalogue.hashing import first_by_hash
from astronomical.catalogue.leaks import find_leaks
from astronomical.catalogue.readers import open_table
from astronomical.catalogue.splits import Split, split_rows
from astronomical.catalogue.working_set import WorkingSet
from astronomical.config.schema import CatalogueConfig, Config, LabelEvent
from astronomical.paths import local_path
from astronomical.plugins.registry import Registry
from astronomical.session.data.catalogue_paths import catalogue_path, join_of, moved_catalogue
from astronomical.session.data.catalogue_values import duplicates_of, feature_columns, label_codes, used_columns
from astronomical.session.data.column_memory import exact_columns
from astronomical.session.data.feature_recipe import complete_split, features_of, operations_of
from astronomical.session.data.population import population_masks, within_scope
from astronomical.session.data.vectors import check_vectors
from astronomical.session.data.virtual import virtual_columns
from astronomical.session.errors import SessionError, WrongCatalogueError
from astronomical.tasks import file_exists

#: Maximum number of rows in a random sample of the whole catalogue.
_SAMPLE_SIZE = 2048
#: Maximum number of columns named in an error, missing ones and needed ones.
_SHOWN, _SHOWN_NEEDED = 5, 10

Progress = Callable[[str, float], None]


def no_progress(what: str, fraction: float) -> None:
    """Report no progress."""


@dataclass(frozen=True)
class Dataset:
    """A catalogue with everything that the project file derives from it.

    Attributes
    ----------
    catalogue
        The table, with its rows in the order of the ids; all arrays below have this order.
    class_names
        Names of the classes; a code is an index of this list.
    codes
        Class of each source from its catalogue label, shape (n_rows,); -1 means unknown.
    split
        Training, validation and test set; sources that cannot be used are in none.
    missing_features
        Feature operations of the project file that are missing, and without which nothing can be trained.
    leaks
        Signs that scores will be too good; see `astronomical.catalogue.leaks`.
    duplicates
        Sources that are the same object; None in projects that treat all as different.
    scope, may_query
        Which sources are in scope and may be queried, shape (n_rows,); None for all. The split has sources in scope
        only.
    added
        Which sources were added to the working set because a learner would query them, shape (n_rows,); None if none
        were. They are not a random part of the catalogue: no set but the training set has them, and no audit.
    """

    catalogue: Catalogue
    class_names: tuple[str, ...]
    codes: NDArray[np.int16]
    features: FeatureMatrix
    split: Split
    missing_features: tuple[str, ...] = ()
    leaks: tuple[str, ...] = ()
    duplicates: Duplicates | None = None
    scope: NDArray[np.bool_] | None = None
    may_query: NDArray[np.bool_] | None = None
    added: NDArray[np.bool_] | None = None

    def copies(self, id: str) -> tuple[str, ...]:
        """Return the other ids of the same object."""
        if self.duplicates is None or not self.duplicates.n_groups or id not in self.catalogue:
            return ()
        row = self.catalogue.row(id)
        rows = self.duplicates.members(row)
        return tuple(self.catalogue.id_at(int(other)) for other in rows if other != row)

    def with_copied_ids(self, ids: Collection[str]) -> Collection[str]:
        """Return ids together with the other ids of the same objects."""
        if self.duplicates is None or not self.duplicates.n_groups:
            return ids
        return tuple(dict.fromkeys(other for id in ids for other in (id, *self.copies(id))))

    @cached_property
    def distinct(self) -> NDArray[np.bool_]:
        """Mask of the training set with one source of each object, shape (n_rows,)."""
        return self._one_of_each(self.split.training)

    @cached_property
    def askable(self) -> NDArray[np.bool_]:
        """Mask of the sources of the training set that may be queried, one of each object, shape (n_rows,)."""
        training = self.split.training
        return self.distinct if self.may_query is None else self._one_of_each(training & self.may_query)

    def _one_of_each(self, among: NDArray[np.bool_]) -> NDArray[np.bool_]:
        if self.duplicates is None:
            return among
        rows = np.flatnonzero(among)
        mask = np.zeros(len(self.codes), dtype=np.bool_)
        mask[rows[np.unique(self.duplicates.first[rows], return_index=True)[1]]] = True
        return mask

    def with_copies(self, rows: NDArray[np.intp]) -> NDArray[np.intp]:
        """Return rows together with those of the same objects."""
        if self.duplicates is None or not len(rows):
            return rows
        twice = rows[self.duplicates.sizes[self.duplicates.first[rows]] > 1]
        return np.concatenate([rows, *(self.duplicates.members(int(row)) for row in twice)])

    def can_train(self, id: str) -> bool:
        """Return whether a source is in the training set; this may have changed since it was labelled."""
        known = self._can_train.get(id)
        if known is None:
            known = self._can_train[id] = id in self.catalogue and bool(self.split.training[self.catalogue.row(id)])
        return known

    def note_training(self, ids: Sequence[str], inside: NDArray[np.bool_]) -> None:
        """Cache for `can_train` whether sources are in the training set; one lookup of many sources is fast.

        Parameters
        ----------
        ids, inside
            The sources, and whether each is in the training set.
        """
        self._can_train.update(zip(ids, inside.tolist(), strict=True))

    @cached_property
    def _can_train(self) -> dict[str, bool]:
        return {}

    def check_features(self) -> None:
        """Raise an error if features are missing.

        Raises
        ------
        SessionError
            If a feature operation is missing.
        """
        if self.missing_features:
            raise SessionError(
                f"Features need {', '.join(map(repr, self.missing_features))}, from a plugin that is not "
                "loaded or did not finish. Nothing can be trained without them."
            )

    def truth(self, class_name: str, dropped: tuple[str, ...] = ()) -> NDArray[np.int8]:
        """Return 1 for sources of a class, 0 for the rest and -1 for unknown, shape (n_rows,).

        Parameters
        ----------
        class_name
            The class.
        dropped
            Excluded classes; their sources count as unknown.
        """
        code = self.class_names.index(class_name)
        truth = np.where(self.codes == code, 1, 0).astype(np.int8)
        out = [self.class_names.index(name) for name in dropped]
        truth[(self.codes < 0) | np.isin(self.codes, out)] = -1
        return truth

    def drawn(self, seed: int) -> NDArray[np.intp]:
        """Return a few thousand rows drawn with a seed, in the order drawn; the result is cached for each seed."""
        if seed not in self._drawn:
            self._drawn[seed] = first_by_hash(self.catalogue.ids, seed, _SAMPLE_SIZE)
        return self._drawn[seed]

    @cached_property
    def _drawn(self) -> dict[int, NDArray[np.intp]]:
        return {}

    @cached_property
    def subset_masks(self) -> dict[str, tuple[object, NDArray[np.bool_]]]:
        """Sources of subsets that were evaluated; see `astronomical.session.data.subsets.subset_mask`."""
        return {}

    @cached_property
    def counts(self) -> dict[str, int]:
        """Number of sources of each class according to the catalogue labels."""
        return {name: int(np.count_nonzero(self.codes == i)) for i, name in enumerate(self.class_names)}


def open_catalogue(config: CatalogueConfig, path: Path, folder: Path, keep: Iterable[str] = ()) -> Catalogue:
    """Open the table of a project file at a path.

    Parameters
    ----------
    config, path
        How the table is read, and its path.
    folder
        The folder to which paths of joined tables are relative.
    keep
        Ids that are in the working set in any case.
    """
    position, chosen = config.position, config.working_set
    working_set = None
    if chosen is not None:
        working_set = WorkingSet(chosen.size, chosen.seed, chosen.added_ids.union(keep))
    return Catalogue.open(
        path,
        format=config.format,
        table=config.table,
        id_source=config.id.source,
        id_column=config.id.column,
        position=None if position is None else (position.ra, position.dec, position.unit),
        missing=config.missing,
        joins=[join_of(join, folder) for join in config.joins],
        virtual=virtual_columns(config.virtual),
        exact=exact_columns(config),
        working_set=working_set,
    )


def open_project_catalogue(
    config: Config,
    folder: Path,
    elsewhere: str | Path | None = None,
    joined: Mapping[int, Path] = MappingProxyType({}),
    events: Iterable[LabelEvent] | None = None,
) -> Catalogue:
    """Open the table of a project.

    Parameters
    ----------
    config, folder
        The project, and the folder of its file.
    elsewhere, joined
        Paths of its catalogue and the joined ones, in any format, if they differ from the project file.
    events
        Events of the project, by default those of its file. Their sources are in the working set.

    Raises
    ------
    NoAnswerError
        If the disk does not respond.
    WrongCatalogueError
        If the table lacks the columns of ids or positions.
    CatalogueError
        If the table cannot be read.
    """
    for named in (*(() if elsewhere is None else (local_path(elsewhere),)), *joined.values()):
        file_exists(named.absolute())  # detect an unresponsive disk before anything waits for it
    section = moved_catalogue(config.catalogue, folder, elsewhere, joined)
    path = catalogue_path(section, folder)
    for used in (path, *(join_of(join, folder).path for join in section.joins)):
        file_exists(used)
    try:
        named = (event.id for event in (config.events if events is None else events))
        return open_catalogue(section, path, folder, (id for id in named if id is not None))
    except CatalogueError:
        there = [column.name for column in open_table(path, format=section.format, table=section.table).columns]
        _check_needed(_own_columns(section), there, config)
        raise


def _own_columns(config: CatalogueConfig) -> tuple[str, ...]:
    """Return the columns of ids and positions, which must be in the table itself, not in a joined one."""
    names = [config.id.column] if config.id.source == "column" and config.id.column is not None else []
    return (*names, *(() if config.position is None else (config.position.ra, config.position.dec)))


def _check_needed(wanted: Sequence[str], there: Sequence[str], config: Config) -> None:
    missing = [name for name in wanted if name not in there]
    if missing:
        shown = ", ".join(repr(name) for name in missing[:_SHOWN])
        more = f" and {len(missing) - _SHOWN} more" if len(missing) > _SHOWN else ""
        needed = tuple(dict.fromkeys((*_own_columns(config.catalogue), *used_columns(config))))
        raise WrongCatalogueError(
            f"This is not the catalogue of the project: it has no column {shown}{more} (needed: "
            f"{', '.join(needed[:_SHOWN_NEEDED])}{', …' if len(needed) > _SHOWN_NEEDED else ''})."
        )


def check_columns(config: Config, catalogue: Catalogue) -> None:
    """Raise an error if the project file names columns that the catalogue does not have.

    Raises
    ------
    WrongCatalogueError
        If a column is missing; the message names the first few.
    """
    vectors = config.features.vectors
    needed = (*used_columns(config), *(item.column for item in vectors))
    _check_needed(needed, [column.name for column in catalogue.columns], config)
    check_vectors(vectors, catalogue)


def build_dataset(
    config: Config,
    catalogue: Catalogue,
    registry: Registry,
    folder: Path,
    progress: Progress = no_progress,
    *,
    allow_missing: bool = False,
) -> Dataset:
    """Derive labels, split and features.

    Parameters
    ----------
    config, catalogue, registry
        The project, its table, and the registry of operations.
    folder
        Folder of the project file.
    progress
        Called with a description of the step and the progress, from 0 to 1.
    allow_missing
        Skip features whose operation is missing instead of raising an error; see `Dataset.missing_features`.

    Raises
    ------
    SessionError, CatalogueError
        If the project file names columns or operations that do not exist.
    """
    check_columns(config, catalogue)
    operations = operations_of(registry, config.features.combinations)
    missing_features = (
        tuple(
            dict.fromkeys(item.operation for item in config.features.combinations if item.operation not in operations)
        )
        if allow_missing
        else ()
    )
    section = config.features.model_copy(
        update={
            "combinations": tuple(
                item for item in config.features.combinations if item.operation not in missing_features
            )
        }
    )
    progress("Reading labels", 0.1)
    codes = label_codes(config, catalogue)
    names = config.class_names
    catalogue.prefetch(used_columns(config))
    duplicates = duplicates_of(config.split.same_within_arcsec, config.features, catalogue)
    chosen = config.catalogue.working_set
    added = catalogue.mask(chosen.added_ids) if chosen is not None and chosen.added else None
    split = split_rows(
        catalogue.ids,
        codes,
        fractions=(config.split.train, config.split.validation, config.split.test),
        seed=config.project.seed,
        use_unknown=config.split.use_unknown,
        dropped=tuple(names.index(name) for name in config.split.drop),
        names=names,
        training=catalogue.mask(config.split.training_ids) if config.split.training_ids else None,
        first=None if duplicates is None else duplicates.first,
        apart=added,
    )
    progress("Computing features", 0.4)
    features, unfinished = features_of(
        section,
        catalogue,
        operations,
        split.training,
        config.project.seed,
        allow_missing=allow_missing,
    )
    missing_features = (*missing_features, *unfinished)
    scope, may_query = population_masks(config, catalogue, folder)
    split = within_scope(complete_split(split, features, config.features.missing), scope, may_query)
    progress("Checking the features", 0.9)
    # In single precision, large numbers of different sources may be equal.
    in_double = frozenset(config.features.double)
    leaks = find_leaks(
        lambda name: catalogue.double(name) if name in in_double else catalogue.number(name),
        feature_columns(config.features),
        codes,
        names,
        split,
        catalogue.rows_in_file,
        catalogue.position,
    )
    progress("Ready", 1.0)
    return Dataset(
        catalogue, names, codes, features, split, missing_features, leaks, duplicates, scope, may_query, added
    )
