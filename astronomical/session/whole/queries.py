"""Find the sources of a whole catalogue that a learner would query first, part by part."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from astronomical.catalogue.catalogue import Catalogue
from astronomical.catalogue.features import FeatureMatrix
from astronomical.catalogue.hashing import derive_seed, hash_ids
from astronomical.catalogue.readers.parquet_parts import PartsSource
from astronomical.catalogue.working_set import own_table
from astronomical.config.schema import Config, PopulationConfig
from astronomical.learning.kernels import KERNELS
from astronomical.learning.query_selection import Strategy, utilities_of
from astronomical.learning.ranking import DECIMALS, best_first
from astronomical.learning.scoring import CancelCheck, Progress, never, no_progress, probabilities, stop_if
from astronomical.plugins.registry import Registry
from astronomical.session.data.catalogue_values import label_codes
from astronomical.session.data.dataset import Dataset
from astronomical.session.data.population import population_masks
from astronomical.session.data.virtual import virtual_columns
from astronomical.session.errors import SessionError
from astronomical.session.evaluation.predictions import Vote
from astronomical.session.export.model_bundle import Bundle
from astronomical.session.project.extensions import strategy_of
from astronomical.session.whole.part_runner import Workforce, run_parts
from astronomical.session.whole.parts import WholePart, registry_with, whole_parts

__all__ = ["WholeQueries", "WholeRequest", "check_strategy", "find_queries"]

#: Utilities that agree to this number are the same in any part.
_SAME = 10.0**-DECIMALS


@dataclass(frozen=True)
class WholeRequest:
    """What the search depends on; it is sent to the workers.

    Attributes
    ----------
    config, folder
        The project without its events, and the folder of its file.
    bundle
        The learner, as its only vote, with the recipe of its features.
    n
        Number of sources to find.
    n_rows
        Number of rows of the whole catalogue.
    needs_label
        Whether only sources with a catalogue label are trained on.
    plugins
        Plugin files with features or the query strategy.
    """

    config: Config
    folder: Path
    bundle: Bundle
    n: int
    n_rows: int
    needs_label: bool
    plugins: tuple[Path, ...] = ()

    @property
    def vote(self) -> Vote:
        """The learner."""
        return self.bundle.votes[0]

    def strategy(self, registry: Registry) -> Strategy:
        """Return the query strategy of the learner."""
        learner = self.config.learner(self.vote.class_name)
        if learner is None:
            raise SessionError(f"Class {self.vote.class_name!r} has no learner.")
        return strategy_of(registry, learner.strategy)


@dataclass(frozen=True)
class WholeQueries:
    """The sources that a learner would query first, best first, of those that are not in the working set.

    Attributes
    ----------
    class_name, k, key
        The learner, and its round.
    ids, utilities
        The sources and their utilities.
    """

    class_name: str
    k: int
    key: str
    ids: tuple[str, ...]
    utilities: tuple[float, ...]


@dataclass(frozen=True)
class _Part(WholePart):
    """A part, with those of its rows that are in the working set."""

    known: NDArray[np.intp]


@dataclass(frozen=True, eq=False)
class _Found:
    """Sources with their seeded hashes, shape (n,), and probabilities of each member, shape (n_members, n)."""

    ids: NDArray[np.bytes_]
    order: NDArray[np.uint64]
    votes: NDArray[np.float64]
    utilities: NDArray[np.float64]

    def best(self, n: int) -> _Found:
        """Return the sources to query first."""
        by_id = np.argsort(self.ids, kind="stable")
        places = by_id[best_first(self.utilities[by_id], self.order[by_id], n)]
        return _Found(self.ids[places], self.order[places], self.votes[:, places], self.utilities[places])


def check_strategy(strategy: Strategy) -> None:
    """Raise an error if the best sources by a query strategy cannot be found part by part.

    Raises
    ------
    SessionError
        If the strategy compares sources with each other.
    """
    if strategy.looks_at in ("features", "classifier"):
        raise _compares(strategy)


def find_queries(
    request: WholeRequest,
    dataset: Dataset,
    registry: Registry,
    workforce: Workforce,
    *,
    cancelled: CancelCheck = never,
    progress: Progress = no_progress,
) -> WholeQueries:
    """Find the sources that the learner would query first, of those that are not in the working set.

    The result depends neither on the files of the catalogue nor on the workers.

    Parameters
    ----------
    request
        The learner and the catalogue.
    dataset
        The working set.
    registry
        Registry with the query strategy.
    workforce
        Who does the work.
    cancelled, progress
        Return whether to stop, and receive the progress.

    Raises
    ------
    CatalogueError, SessionError
        If the catalogue cannot be read, the strategy compares sources with each other, or no source is left.
    Cancelled
        If `cancelled` returned True.
    """
    strategy = request.strategy(registry)
    check_strategy(strategy)
    parts = list(_parts(dataset))
    found: list[_Found] = []
    n_done = 0

    def done(part: _Part, some: _Found) -> None:
        nonlocal n_done
        # Keep no more than the best of all parts so far.
        found[:] = [_joined([*found, some]).best(request.n)]
        n_done += part.source.n_rows
        progress(n_done / request.n_rows)

    run_parts(_best_of_part, request, parts, workforce, cancelled=cancelled, done=done)
    best = found[0]
    if not len(best.ids):
        raise SessionError("No source outside the working set may be queried. Check Scope and Askable.")
    _check_together(strategy, best)
    ids = tuple(id.decode() for id in best.ids.tolist())
    if len(set(ids)) < len(ids):
        twice = next(id for place, id in enumerate(ids) if id in ids[:place])
        raise SessionError(f"The id {twice} occurs more than once in the catalogue, so it cannot be labelled.")
    vote = request.vote
    return WholeQueries(vote.class_name, vote.k, vote.key, ids, tuple(best.utilities.tolist()))


def _parts(dataset: Dataset) -> Iterator[_Part]:
    source = own_table(dataset.catalogue.source)
    if not isinstance(source, PartsSource) or source.chosen_rows is None:
        raise SessionError("All sources of the catalogue are in memory already, and learners query all of them.")
    chosen = source.chosen_rows
    for part in whole_parts(source):
        first, last = np.searchsorted(chosen, (part.first_row, part.first_row + part.source.n_rows))
        yield _Part(part.source, part.first_row, chosen[first:last] - part.first_row)


def _best_of_part(request: WholeRequest, part: _Part, cancelled: CancelCheck) -> _Found:
    """Return the best sources of a part; this may run in another process."""
    KERNELS.use(request.n_rows)
    registry, vote, section = registry_with(request.plugins), request.vote, request.config.catalogue
    scoped, position = request.config.population != PopulationConfig(), section.position
    catalogue = Catalogue.open(
        part.source,
        id_column=section.id.column,
        position=(position.ra, position.dec, position.unit) if scoped and position is not None else None,
        missing=section.missing,
        virtual=virtual_columns(section.virtual),
        unique=False,
        in_order_of_file=not scoped,
    )
    stop_if(cancelled)
    features = request.bundle.features_of(catalogue, registry)
    rows = np.flatnonzero(_may_be_queried(request, part, catalogue, features))
    left_out = [features.names.index(name) for name in vote.left_out]
    votes = np.array(
        [
            probabilities(model, features, rows, cancelled, fill, left_out=left_out)
            for model, fill in zip(vote.models, vote.fills, strict=True)
        ]
    )
    seed = derive_seed(request.config.project.seed, "query", vote.class_name, vote.k)
    ids = catalogue.ids[rows]
    order = hash_ids(ids, seed)
    utilities = utilities_of(request.strategy(registry), votes, order)
    return _Found(ids, order, votes, utilities).best(request.n)


def _may_be_queried(
    request: WholeRequest, part: _Part, catalogue: Catalogue, features: FeatureMatrix
) -> NDArray[np.bool_]:
    """Return which sources of a part would be in the pool, and are not in the working set, shape (n_rows,)."""
    config = request.config
    mask = ~np.isin(catalogue.rows_in_file, part.known)
    if config.features.missing == "drop":
        mask &= features.complete
    if config.split.drop or request.needs_label:
        codes = label_codes(config, catalogue)
        mask &= ~np.isin(codes, [config.class_names.index(name) for name in config.split.drop])
        if request.needs_label:
            mask &= codes >= 0
    for condition in population_masks(config, catalogue, request.folder):
        if condition is not None:
            mask &= condition
    return mask


def _joined(found: Sequence[_Found]) -> _Found:
    return _Found(
        np.concatenate([item.ids for item in found]),
        np.concatenate([item.order for item in found]),
        np.concatenate([item.votes for item in found], axis=1),
        np.concatenate([item.utilities for item in found]),
    )


def _check_together(strategy: Strategy, found: _Found) -> None:
    """Raise an error if the utility of a source depends on the others of its part."""
    together = utilities_of(strategy, found.votes, found.order)
    if not np.allclose(together, found.utilities, rtol=0, atol=_SAME, equal_nan=True):
        raise _compares(strategy)


def _compares(strategy: Strategy) -> SessionError:
    return SessionError(
        f"The query strategy {strategy.name} compares sources with each other, so the best ones of the whole catalogue "
        "cannot be found part by part. Choose another strategy for this learner, such as uncertainty."
    )
