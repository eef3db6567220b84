"""Import labels from a table, after a summary of what would be recorded: the part `Session.imports`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

from astronomical.catalogue.readers import open_table
from astronomical.config.schema import LabelEvent
from astronomical.labels.derived import is_by_user
from astronomical.labels.ledger import Ledger
from astronomical.paths import local_path
from astronomical.session.commands import Access, command, full_access, reads
from astronomical.session.errors import SessionError, no_learner
from astronomical.session.events import SessionEvents
from astronomical.session.labelling.bulk_labels import count_sources, trainable_ids
from astronomical.session.labelling.label_tables import LabelTable, TableLabel, read_label_table
from astronomical.session.labelling.record import MANY, LabelRecord, now
from astronomical.session.labelling.training_set import training_set_of
from astronomical.session.project.writer import ProjectWriter
from astronomical.session.state import SessionState
from astronomical.tasks import Jobs

__all__ = ["ImportPlan", "Imports", "import_lines"]

_SHOWN = 5


@dataclass(frozen=True)
class ImportPlan:
    """What an import would record.

    Attributes
    ----------
    table
        The table as read.
    labels
        The labels to record, oldest first.
    unknown_ids
        Ids of the table that the catalogue does not have.
    n_there
        Number of labels that are recorded already.
    n_changed
        Number of sources whose human label would change.
    train
        Classes whose learners train on the labels.
    n_trained
        Number of sources added to the training set of each of these learners.
    """

    table: LabelTable
    labels: tuple[TableLabel, ...]
    unknown_ids: tuple[str, ...]
    n_there: int
    n_changed: int
    train: tuple[str, ...]
    n_trained: Mapping[str, int]

    @property
    def problem(self) -> str:
        """Why nothing can be recorded; empty if the labels can be recorded."""
        if unmapped := self.table.unmapped:
            shown = ", ".join(map(repr, unmapped[:_SHOWN])) + (", …" if len(unmapped) > _SHOWN else "")
            return f"Say which classes these labels mean, or ignore them: {shown}."
        return "" if self.labels else "There is no label to import."


class Imports:
    """Import labels from a table: the part `Session.imports`.

    Parameters
    ----------
    state
        State of the session.
    writer, record
        Writer of the project, and what adds events to the ledger.
    jobs
        Jobs; without threads, many labels are recorded directly.
    events
        Events of the session; `labels_changed` is reported.
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

    @reads
    def columns(
        self, path: str | Path, *, format: str | None = None, table: int | str | None = None
    ) -> tuple[str, ...]:
        """Return the names of the columns of a table. Any thread may call it.

        Parameters
        ----------
        path, format, table
            The table, in any format of a catalogue.

        Raises
        ------
        CatalogueError
            If the table cannot be read.
        """
        return tuple(column.name for column in open_table(local_path(path), format=format, table=table).columns)

    @reads
    def plan(
        self,
        path: str | Path,
        *,
        columns: Mapping[str, str] = MappingProxyType({}),
        classes: Mapping[str, str] | None = None,
        annotator: str = "",
        train: Sequence[str] = (),
        format: str | None = None,
        table: int | str | None = None,
    ) -> ImportPlan:
        """Return what an import of labels would record, without recording anything. Any thread may call it.

        Parameters
        ----------
        path, format, table
            The table, in any format of a catalogue.
        columns
            Its columns for ``id``, ``label``, ``who`` and ``when``; by default those with usual names. An empty name
            stands for no column.
        classes
            Class of each text of the label column; an empty name ignores it. Names of classes need not be listed.
        annotator
            Annotator of the labels for which the table gives none; by default the annotator of this session.
        train
            Classes whose learners train on the labels; by default none.

        Returns
        -------
        ImportPlan
            The summary.

        Raises
        ------
        SessionError
            If a column, a class or a learner does not exist, or there are too many rows.
        CatalogueError
            If the table cannot be read.
        """
        state = self._state
        for name in train:
            if state.config.learner(name) is None:
                raise no_learner(name, state.config.class_names)
        found = read_label_table(
            path,
            state.config,
            columns=columns,
            classes=classes,
            annotator=annotator or self._record.who,
            now=now(),
            format=format,
            table=table,
        )
        return self._planned(found, tuple(dict.fromkeys(train)))

    @command
    def record(self, plan: ImportPlan) -> tuple[LabelEvent, ...]:
        """Record the labels of a plan. They are on disk when this returns, and one undo reverts all of them.

        Parameters
        ----------
        plan
            Result of `plan`.

        Returns
        -------
        tuple of LabelEvent
            The recorded events.

        Raises
        ------
        SessionError
            If a text of the table has no class, or there is no label to import.
        """
        self._check(plan)
        events = self._record.add_all(self._drafts(plan), batch=True)
        self._events.labels_changed()
        return events

    @command
    def record_async(self, plan: ImportPlan, then: Callable[[int], None]) -> None:
        """Do as `record`, but prepare many labels in a thread.

        Parameters
        ----------
        plan
            Result of `plan`.
        then
            Called with the number of imported labels once they are on disk.
        """
        self._check(plan)
        if self._jobs.inline or len(plan.labels) < MANY:
            self.record(plan)
            then(len(plan.labels))
            return

        def recorded(events: tuple[LabelEvent, ...]) -> None:
            self._events.labels_changed()
            then(len(plan.labels))

        self._record.add_soon(
            lambda: self._drafts(plan),
            batch=True,
            title=f"Importing {len(plan.labels):,} labels",
            then=recorded,
            overtaken=lambda: self.record_async(plan, then),
        )

    def _check(self, plan: ImportPlan) -> None:
        self._writer.check_writable()
        if plan.problem:
            raise SessionError(plan.problem)

    def _planned(self, table: LabelTable, train: tuple[str, ...]) -> ImportPlan:
        ledger, catalogue = self._state.ledger, self._state.dataset.catalogue
        there = [label for label in table.labels if label.id in catalogue]
        unknown = tuple(dict.fromkeys(label.id for label in table.labels if label.id not in catalogue))
        new = tuple(label for label in there if _said(ledger, label) != label.label)
        after = {label.id: label.label for label in new}
        changed = sum(ledger.human(id) not in (None, name) for id, name in after.items())
        added = self._added(after, train)
        n_trained = {name: len(ids) for name, ids in added.items()}
        return ImportPlan(table, new, unknown, len(there) - len(new), changed, train, n_trained)

    def _added(self, labels: Mapping[str, str], train: Sequence[str]) -> dict[str, frozenset[str]]:
        """Return the sources that each learner would train on in addition."""
        state = self._state
        kept = [id for id, label in labels.items() if label not in state.config.split.drop]
        free = trainable_ids(state, kept) if kept and train else frozenset()
        views = {name: training_set_of(state.config, state.dataset, state.ledger, name) for name in train}
        return {name: frozenset(id for id in free if id not in view.trained) for name, view in views.items()}

    def _drafts(self, plan: ImportPlan) -> Iterator[dict[str, Any]]:
        """Yield the events: one for each label, and the last label of a source for each learner that trains on it."""
        added = self._added({label.id: label.label for label in plan.labels}, plan.train)
        last = {label.id: label for label in plan.labels}
        for label in plan.labels:
            names = [name for name, ids in added.items() if label.id in ids] if last[label.id] is label else []
            for name in names or (None,):
                yield {
                    "kind": "label",
                    "id": label.id,
                    "label": label.label,
                    "class_name": name,
                    "origin": "import",
                    "who": label.who,
                    "when": label.when,
                }


def import_lines(plan: ImportPlan) -> list[str]:
    """Return lines that say what an import would record, and what it leaves out."""
    table = plan.table
    by = Counter((label.who, label.label) for label in plan.labels)
    lines = [f"{table.path.name}: {table.n_rows:,} rows, {len(plan.labels):,} labels to import."]
    for who in sorted({who for who, _ in by}):
        counts = ", ".join(f"{name} {n:,}" for (whose, name), n in sorted(by.items()) if whose == who)
        lines.append(f"By {who}: {counts}.")
    if plan.n_changed:
        lines.append(f"The human label of {count_sources(plan.n_changed)} changes; the earlier ones are kept.")
    for name, n in plan.n_trained.items():
        lines.append(f"The {name} learner trains on {count_sources(n)} more.")
    if plan.unknown_ids:
        shown = ", ".join(plan.unknown_ids[:_SHOWN]) + (", …" if len(plan.unknown_ids) > _SHOWN else "")
        lines.append(f"{len(plan.unknown_ids):,} ids are not in the catalogue: {shown}.")
    left_out = {
        "without an id or a known label": table.n_blank,
        "ignored": table.n_ignored,
        "of the catalogue": table.n_catalogue,
        "replaced by a later row of the same annotator": table.n_repeated,
    }
    if any(left_out.values()):
        lines.append("Rows left out: " + ", ".join(f"{n:,} {why}" for why, n in left_out.items() if n) + ".")
    if plan.n_there:
        lines.append(f"{plan.n_there:,} labels are recorded already.")
    if table.n_untimed and table.columns.when:
        lines.append(f"{table.n_untimed:,} times cannot be read; these labels get the time of the import.")
    return lines


def _said(ledger: Ledger, label: TableLabel) -> str | None:
    """Return the newest label in effect that the annotator of a label gave to its source."""
    for event in reversed(ledger.about(label.id).answers):
        if event.who == label.who and is_by_user(event) and event.n not in ledger.undone:
            return event.label
    return None
