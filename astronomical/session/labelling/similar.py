"""Find the sources most similar to others: the part `Session.similar`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

from astronomical.catalogue.hashing import derive_seed
from astronomical.config.schema import Config
from astronomical.labels.ledger import Ledger
from astronomical.learning.nearest import ScaledFeatures, nearest_rows
from astronomical.learning.scoring import CancelCheck, Progress, never, no_progress
from astronomical.session.commands import reads
from astronomical.session.data.dataset import Dataset
from astronomical.session.errors import SessionError, no_class
from astronomical.session.labelling.blind import is_hidden
from astronomical.session.labelling.bulk_labels import count_sources, find_rows
from astronomical.session.state import SessionState, SimilarSources
from astronomical.tasks import Jobs

__all__ = ["JOB_NAME", "MOST_EXAMPLES", "Keep", "Similar"]

#: Which sources are considered: all, those without a label, or those with another label than the examples.
Keep = Literal["all", "unlabelled", "other"]
#: Maximum number of examples; each is compared with every source.
MOST_EXAMPLES = 10_000
#: Default number of sources.
_N = 60
JOB_NAME = "similar sources"
_Search = Callable[[CancelCheck, Progress], SimilarSources]


class Similar:
    """Find the sources most similar to others: the part `Session.similar`.

    The distance is Euclidean, between features that are scaled by the median and the interquartile range of a random
    sample of the catalogue and clipped at ten standard deviations. Missing values are replaced by the median over the
    training set. The search is exact; equal distances are in the order of the ids.

    Parameters
    ----------
    state
        State of the session; `similar` is written.
    jobs
        Jobs that search.
    """

    def __init__(self, state: SessionState, jobs: Jobs) -> None:
        self._state, self._jobs = state, jobs

    @reads
    def sources(
        self,
        ids: Sequence[str] | None = None,
        *,
        class_name: str | None = None,
        n: int = _N,
        keep: Keep = "all",
        cancelled: CancelCheck = never,
        progress: Progress = no_progress,
    ) -> SimilarSources:
        """Return the sources nearest to any of the examples, without the examples. Any thread may call it.

        Parameters
        ----------
        ids
            The examples; by default the selected source.
        class_name
            Class whose labels are the examples instead.
        n
            Number of sources.
        keep
            Which sources to consider: ``all``, ``unlabelled`` for those without a label, or ``other`` for those with
            another label than the examples.
        cancelled, progress
            Called regularly: whether to stop, and with the fraction of the work that is done.

        Raises
        ------
        SessionError
            If there are no examples or too many, one of them does not exist, or none of them is labelled and another
            label is asked for.
        Cancelled
            If `cancelled` returned True.
        """
        return self._search(ids, class_name, n, keep)(cancelled, progress)

    @reads
    def find(
        self, ids: Sequence[str] | None = None, *, class_name: str | None = None, n: int = _N, keep: Keep = "all"
    ) -> None:
        """Search in the background; the result is in `SessionState.similar`.

        Parameters
        ----------
        ids, class_name, n, keep
            As for `sources`.

        Raises
        ------
        SessionError
            As for `sources`.
        """
        state, search = self._state, self._search(ids, class_name, n, keep)

        def failed(error: Exception) -> None:
            if self._jobs.inline:
                raise error
            state.notify(f"No similar sources were found: {error}", "error")

        self._jobs.submit(
            JOB_NAME,
            lambda job: search(job.cancelled, job.progress),
            lambda found: setattr(state, "similar", found),
            failed,
            title="Searching for similar sources",
            lane="similar",
        )

    def _search(self, ids: Sequence[str] | None, class_name: str | None, n: int, keep: Keep) -> _Search:
        """Check the arguments, and return the search, which any thread may run."""
        state = self._state
        config, dataset, ledger = state.config, state.dataset, state.ledger
        if keep not in get_args(Keep):
            raise SessionError(f"There is no choice {keep!r}; use one of {', '.join(get_args(Keep))}.")
        if n < 1:
            raise SessionError(f"The number of similar sources must be at least 1, not {n}.")
        dataset.check_features()
        if class_name is not None and class_name not in config.class_names:
            raise no_class(class_name, config.class_names)
        chosen = () if class_name is not None else tuple(dict.fromkeys(_selected(state) if ids is None else ids))
        if class_name is None:
            _check_number(chosen)
            find_rows(state, chosen)

        def search(cancelled: CancelCheck, progress: Progress) -> SimilarSources:
            examples = chosen if class_name is None else _labelled_as(config, dataset, ledger, class_name)
            rows = dataset.catalogue.rows_of(examples)
            candidates = _candidates(state, dataset, ledger, examples, keep)
            candidates[rows] = False
            if dataset.scope is not None:
                candidates &= dataset.scope
            sample = dataset.drawn(derive_seed(config.project.seed, "similar"))
            scaled = ScaledFeatures.from_sample(dataset.features, sample)
            found, distances = nearest_rows(scaled, rows, candidates, n, cancelled, progress)
            title = examples[0] if len(examples) == 1 else count_sources(len(examples))
            if class_name is not None:
                title = f"the {count_sources(len(examples))} labelled as {config.shown(class_name)}"
            return SimilarSources(title, keep, dataset.catalogue.ids_at(found), tuple(distances.tolist()))

        return search


def _selected(state: SessionState) -> tuple[str, ...]:
    return () if state.focus is None else (state.focus,)


def _check_number(examples: Sequence[str]) -> None:
    if not examples:
        raise SessionError("No source is selected. Select a source to find similar ones.")
    if len(examples) > MOST_EXAMPLES:
        raise SessionError(
            f"{len(examples):,} sources are too many to find similar ones: {MOST_EXAMPLES:,} is the limit. Select "
            "fewer."
        )


def _labelled_as(config: Config, dataset: Dataset, ledger: Ledger, class_name: str) -> tuple[str, ...]:
    """Return the sources with a label of a class."""
    found = sorted(id for id in ledger.labelled_ids if ledger.label_of(id) == class_name and id in dataset.catalogue)
    if not found:
        raise SessionError(f"No source is labelled as {config.shown(class_name)} yet. Label one first.")
    _check_number(found)
    return tuple(found)


def _candidates(
    state: SessionState, dataset: Dataset, ledger: Ledger, examples: Sequence[str], keep: Keep
) -> NDArray[np.bool_]:
    """Return which sources are considered, shape (n_rows,)."""
    if keep == "all":
        return np.ones(dataset.catalogue.n_rows, dtype=np.bool_)
    if keep == "unlabelled":
        answered = [*ledger.labelled_ids, *(id for id, item in ledger.curated.items() if item.answered)]
        return ~dataset.catalogue.mask(answered)
    theirs = {ledger.label_of(id) for id in examples} - {None}
    if not theirs:
        raise SessionError("None of these sources is labelled, so no label can differ from theirs.")
    # A hidden label must not be found out by whether its source is listed.
    return dataset.catalogue.mask(
        id for id in ledger.labelled_ids if ledger.label_of(id) not in theirs and not is_hidden(state, id)
    )
