"""Create and train learners: the part `Session.training`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from astronomical.catalogue.hashing import derive_seed
from astronomical.config.schema import ExtensionConfig, LabelEvent, LearnerConfig, StartConfig
from astronomical.labels.derived import CATALOGUE
from astronomical.learning.initial_sample import random_start
from astronomical.session.commands import Access, command, full_access, reads
from astronomical.session.errors import SessionError, no_class
from astronomical.session.events import SessionEvents
from astronomical.session.labelling.record import MANY, LabelRecord
from astronomical.session.labelling.selection import Selection
from astronomical.session.labelling.training_set import TrainingSet
from astronomical.session.labelling.unused_labels import UnusedLabels, drafts_of, unused_labels_of
from astronomical.session.project.extensions import check_learner
from astronomical.session.project.missing_plugins import missing_extensions, needed_by, what_to_install
from astronomical.session.project.writer import ProjectWriter
from astronomical.session.state import SessionState
from astronomical.session.training.manager import TrainingManager
from astronomical.session.training.queues import queue_size, with_queue
from astronomical.tasks import Jobs

__all__ = ["Training"]


class Training:
    """Create and train learners: the part `Session.training`.

    Parameters
    ----------
    state
        State of the session; `active` is written.
    writer, record
        Writer of the project, and what adds events to the ledger.
    selection
        Selection of the source to show.
    manager
        Computes rounds.
    jobs
        Jobs; without threads, a new learner is saved with all that belongs to it.
    events
        Events of the session; `training_requested` is reported.
    access
        Called before each command.
    """

    def __init__(
        self,
        state: SessionState,
        writer: ProjectWriter,
        record: LabelRecord,
        selection: Selection,
        manager: TrainingManager,
        jobs: Jobs,
        events: SessionEvents,
        access: Access = full_access,
    ) -> None:
        self._state, self._writer, self._record, self._selection = state, writer, record, selection
        self._manager, self._jobs, self._events, self._access = manager, jobs, events, access
        self._registry = writer.plugins.registry

    @command
    def start(
        self,
        class_name: str,
        *,
        models: Sequence[ExtensionConfig] | None = None,
        strategy: ExtensionConfig | None = None,
        start: StartConfig | None = None,
        queue: int | None = None,
    ) -> None:
        """Start a learner, or change the settings of an existing one, which keeps its labels.

        Parameters
        ----------
        class_name
            The class that is learned against the rest; it gets a learner if it has none.
        models
            One model, or several for a committee; by default those of the project file.
        strategy
            Query strategy.
        start
            Initial labels: drawn from the catalogue labels, given by the annotator, or all suitable labels that were
            given so far. Only used for a learner that is not started.
        queue
            Batch sizes.

        Raises
        ------
        SessionError
            If a model or strategy is unknown, or initial labels cannot be drawn.
        """
        self._writer.check_writable()
        self._events.training_requested()
        self._state.dataset.check_features()
        learner = self._state.config.learner(class_name) or self._new_learner(class_name)
        update: dict[str, Any] = {"started": True}
        if models is not None:
            update["models"] = tuple(models)
        if strategy is not None:
            update["strategy"] = strategy
        if start is not None and not learner.started:
            update["start"] = start
        changed = LearnerConfig.model_validate({**learner.model_dump(), **_plain(update)})
        check_learner(self._registry, changed)
        first = self._starting_points(changed) if not learner.started else ()
        given = not learner.started and changed.start.mode == "given"
        if given:
            self._check_given(class_name)
        if queue is not None:
            changed = with_queue(changed, self._n_labels(changed, learner.started), queue)
        self._writer.set_learner(changed)
        for id, label in first:
            self._record.add(
                kind="label", id=id, label=label, class_name=class_name, round=0, origin="start", who=CATALOGUE
            )
        self._state.active = class_name
        self._selection.await_query(class_name)
        self._manager.reconsider()
        self._writer.save_settings()  # the learner exists, even if its first round fails
        if given:
            self._add_unused(class_name)
        else:
            self._manager.refresh()
        if self._jobs.inline:
            self._writer.save()

    @command
    def add_learner(self, class_name: str) -> None:
        """Add a learner to a class without one and activate it; `start` trains it.

        Raises
        ------
        SessionError
            If there is no such class, it is excluded, or it has a learner.
        """
        self._writer.check_writable()
        if self._state.config.learner(class_name) is not None:
            raise SessionError(f"Class {class_name!r} has a learner already.")
        self._writer.set_learner(self._new_learner(class_name))
        self._state.active = class_name
        self._writer.save_settings()

    @command
    def use_labels(self, class_name: str) -> None:
        """Add all labels that a learner is not trained on, but could be, to its training set; see `unused_labels`.

        They follow the labels that were given: an undo of one of those also removes it from this training set.

        Raises
        ------
        SessionError
            If the class has no learner, or there are no such labels.
        """
        self._writer.check_writable()
        self._state.learner(class_name)
        if not self.unused_labels(class_name):
            raise SessionError(f"The {class_name} learner is trained on all labels that it can use.")
        self._selection.await_query(class_name)
        self._add_unused(class_name)

    @command
    def use_label(self, id: str) -> tuple[LabelEvent, ...]:
        """Train on the label of a source that was not asked for; one undo removes it from the training sets again.

        Parameters
        ----------
        id
            A labelled source. All started learners that could be trained on it are.

        Returns
        -------
        tuple of LabelEvent
            The recorded events, one for each of these learners.

        Raises
        ------
        SessionError
            If no learner can be trained on the label.
        """
        self._writer.check_writable()
        names = self.can_use(id)
        if not names:
            raise SessionError(f"No learner can be trained on a label of {id}: it has none, or is not in their pools.")
        label = self._state.ledger.human(id)
        events = self._record.add_all(
            ({"kind": "label", "id": id, "label": label, "class_name": name, "origin": "clicked"} for name in names),
            batch=len(names) > 1,
        )
        self._events.labels_changed()
        return events

    @command
    def retrain(self, class_name: str) -> None:
        """Train a learner now on the labels that it has, before its batch is complete."""
        self._writer.check_writable()
        learner = self._state.learner(class_name)
        self._selection.await_query(class_name)
        self._writer.set_learner(with_queue(learner, self._manager.view(class_name).k, queue_size(learner)))
        self._manager.resume(class_name)

    @command
    def cancel(self, class_name: str) -> None:
        """Cancel the round that a learner is computing; its last round is kept until the next training."""
        self._state.learner(class_name)
        self._manager.cancel(class_name)

    @command
    def resume(self, class_name: str) -> None:
        """Train a learner again whose round was cancelled or failed."""
        self._state.learner(class_name)
        self._manager.resume(class_name)

    @reads
    def progress(self, class_name: str) -> float | None:
        """Return the progress of the round being computed for a learner, from 0 to 1; None if unknown."""
        return self._manager.progress(class_name)

    @reads
    def training_set(self, class_name: str) -> TrainingSet:
        """Return the training set of a learner and the sources removed from its pool."""
        return self._manager.view(class_name)

    @reads
    def targets(self, class_name: str) -> dict[str, int]:
        """Return the training set of a learner with targets; this takes time for many sources."""
        return {example.id: example.target for example in self._manager.view(class_name).examples}

    @reads
    def unused_labels(self, class_name: str) -> UnusedLabels:
        """Return the labels given so far that a learner could be trained on, but is not."""
        state = self._state
        return unused_labels_of(state.config, state.dataset, state.ledger, class_name)

    @reads
    def without_learner(self) -> tuple[str, ...]:
        """Return the classes that have no learner and may get one."""
        config = self._state.config
        return tuple(
            name for name in config.class_names if config.learner(name) is None and name not in config.split.drop
        )

    @reads
    def can_use(self, id: str) -> tuple[str, ...]:
        """Return the classes of the started learners that could be trained on the label of a source, but are not."""
        started = (item.class_name for item in self._state.config.learners if item.started)
        return tuple(name for name in started if id in self.unused_labels(name))

    @reads
    def missing_plugins(self, class_name: str) -> str:
        """Return which plugins a learner lacks and how to get them; empty if none are missing."""
        plugins = self._writer.plugins
        return what_to_install(missing_extensions(needed_by(self._state.config, class_name), plugins), plugins)

    def _new_learner(self, class_name: str) -> LearnerConfig:
        config = self._state.config
        if class_name not in config.class_names:
            raise no_class(class_name, config.class_names)
        if class_name in config.split.drop:
            raise SessionError(f"Class {class_name!r} is excluded, so it cannot have a learner.")
        return LearnerConfig(class_name=class_name)

    def _n_labels(self, learner: LearnerConfig, started: bool) -> int:
        """Return with how many labels a learner with new settings is trained first."""
        if started:
            return self._manager.view(learner.class_name).k
        return len(self.unused_labels(learner.class_name)) if learner.start.mode == "given" else learner.start.n

    def _check_given(self, class_name: str) -> None:
        unused = self.unused_labels(class_name)
        if not unused.can_start:
            side = class_name if not unused.n_own else f"not {class_name}"
            raise SessionError(
                f"None of your {len(unused):,} labels that can be used is {side}, and a model needs examples of both. "
                "Choose another way to get initial labels."
            )

    def _add_unused(self, class_name: str) -> None:
        """Add all unused labels to the training set of a learner, and train it; many labels in a thread."""
        unused, ledger = self.unused_labels(class_name), self._state.ledger
        if self._jobs.inline or len(unused) < MANY:
            self._record.add_all(drafts_of(ledger, unused, class_name), batch=True)
            self._events.labels_changed()
            return
        self._record.add_soon(
            lambda: drafts_of(ledger, unused, class_name),
            batch=True,
            title=f"Adding {len(unused):,} labels to the {class_name} learner",
            then=lambda _: self._events.labels_changed(),
            overtaken=lambda: self._add_unused(class_name),
        )

    def _starting_points(self, learner: LearnerConfig) -> tuple[tuple[str, str], ...]:
        if learner.start.mode != "random":
            return ()
        data, name = self._state.dataset, learner.class_name
        truth = data.truth(name, self._state.config.split.drop)
        seed = derive_seed(self._state.config.project.seed, "start", name)
        training = data.askable.copy()
        training[data.with_copies(data.catalogue.rows_there(self._state.ledger.curated))] = False
        rows = random_start(data.catalogue.ids, truth, training, learner.start.n, seed, name)
        return tuple((data.catalogue.id_at(row), data.class_names[data.codes[row]]) for row in rows)


def _plain(update: dict[str, Any]) -> dict[str, Any]:
    return {
        key: [m.model_dump() for m in value]
        if key == "models"
        else value.model_dump()
        if hasattr(value, "model_dump")
        else value
        for key, value in update.items()
    }
