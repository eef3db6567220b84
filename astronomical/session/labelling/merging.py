"""Merge the project with the version that another program wrote: the part `Session.merging`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import numpy as np

from astronomical.config.schema import Config, LabelConfig
from astronomical.plugins.registry import Registry
from astronomical.session.commands import Access, command, full_access
from astronomical.session.data.catalogue_values import label_codes
from astronomical.session.data.dataset import Dataset, build_dataset
from astronomical.session.errors import SessionError
from astronomical.session.events import SessionEvents
from astronomical.session.labelling.record import LabelRecord
from astronomical.session.labelling.unused_labels import derive_label_sets
from astronomical.session.project.conflict import Merged, merge_events, merge_labels
from astronomical.session.project.writer import ProjectWriter
from astronomical.session.state import SessionState
from astronomical.tasks import Jobs

__all__ = ["Merging"]


class _Merge(NamedTuple):
    """What came of merging two versions: events, class labels, the data with these classes, and the other version."""

    merged: Merged
    labels: tuple[LabelConfig, ...]
    dataset: Dataset
    kept: Path | None


class Merging:
    """Merge the project with the version that another program wrote: the part `Session.merging`.

    Parameters
    ----------
    state
        State of the session; `conflict` is reset.
    writer, record
        Writer of the project, and what adds events to the ledger.
    jobs
        Jobs that merge in a thread.
    events
        Events of the session; `labels_changed` and `features_changed` are reported.
    access
        Called before each command.
    """

    def __init__(
        self,
        state: SessionState,
        writer: ProjectWriter,
        record: LabelRecord,
        jobs: Jobs,
        events: SessionEvents,
        access: Access = full_access,
    ) -> None:
        self._state, self._writer, self._record = state, writer, record
        self._jobs, self._events, self._access = jobs, events, access

    @command
    def merge(self) -> str:
        """Merge this version of the project with the version that another program wrote, and continue.

        All events on disk are kept; events that only this version has are appended to them. The settings of this
        version are kept. If the project file on disk differs, it is kept under another name.

        Returns
        -------
        str
            Description of the merge.

        Raises
        ------
        LockedError
            If the project is still open in another process.
        SessionError
            If there is nothing to merge, or the files belong to another project.
        """
        said = self._take_merged(self._merging()())
        self._writer.fold()
        return said

    @command
    def merge_async(self, then: Callable[[str], None], failed: Callable[[Exception], None]) -> None:
        """Do as `merge` in a thread.

        Parameters
        ----------
        then
            Called with what was done, once it is written.
        failed
            Called with the error instead.

        Raises
        ------
        SessionError
            If there is nothing to merge.
        """
        work = self._merging()

        def merged(found: _Merge) -> None:
            said = self._take_merged(found)
            self._writer.save_settings(lambda: then(said), "merged")

        self._jobs.submit("merging", lambda _: work(), merged, failed, title="Merging both versions", lane="files")

    def _merging(self) -> Callable[[], _Merge]:
        """Return what reads the other version and puts the events of this one behind its events; for any thread.

        Until its result is taken nothing else is written, for there still is a conflict.
        """
        ours, ledger, data = self._state.config, self._state.ledger, self._state.dataset
        registry, folder = self._writer.plugins.registry, self._writer.path.parent
        if self._state.conflict is None or self._writer.read_only:
            raise SessionError("There is nothing to merge: the files of the project are as they were left here.")

        read = self._writer.other_version()

        def work() -> _Merge:
            theirs, kept = read()
            if theirs.config.catalogue.id != ours.catalogue.id or theirs.config.project.seed != ours.project.seed:
                raise SessionError(
                    f"{self._writer.path.name} is another project now: it has another seed or other ids. Save this "
                    "version under another name."
                )
            merged = merge_events(theirs.events, ledger)
            self._writer.append_to_other(merged.added)
            labels = merge_labels(ours.labels, theirs.config.labels)
            known = tuple(dict.fromkeys(label.name for label in labels))
            config = ours.model_copy(update={"labels": labels})
            dataset = data if known == data.class_names else _with_classes(config, data, registry, folder)
            derive_label_sets(config, dataset, merged.ledger)  # so that the event loop need not
            return _Merge(merged, labels, dataset, kept)

        return work

    def _take_merged(self, found: _Merge) -> str:
        """Go on with a merged version whose events are on disk, and return what was done."""
        self._state.conflict = None
        rebuilt = found.dataset.features is not self._state.dataset.features
        self._state.dataset = found.dataset
        self._writer.change(labels=found.labels)
        self._record.take(found.merged.ledger, batch=True)
        self._events.labels_changed()
        if rebuilt:
            self._events.features_changed()
        return _merge_report(len(found.merged.added), found.merged.differing, found.kept)


def _with_classes(config: Config, data: Dataset, registry: Registry, folder: Path) -> Dataset:
    """Return the data with classes that another program added; their sources in the label column become known."""
    if np.array_equal(label_codes(config, data.catalogue), data.codes):
        return replace(data, class_names=config.class_names)
    return build_dataset(config, data.catalogue, registry, folder, allow_missing=bool(data.missing_features))


def _merge_report(n_added: int, differing: tuple[str, ...], kept: Path | None) -> str:
    text = f"Merged: {n_added} event{'' if n_added == 1 else 's'} from this version added to those on disk."
    if kept is not None:
        text += f" The settings of this version are used; the other version of the file is kept as {kept.name}."
    if differing:
        shown = ", ".join(differing[:5]) + (", …" if len(differing) > 5 else "")
        text += (
            f" The versions disagree on the labels of {len(differing)} source{'' if len(differing) == 1 else 's'} "
            f"({shown}): the labels of this version are used, the others are in the history."
        )
    return text
