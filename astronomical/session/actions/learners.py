"""Learners: beginning, training, and keeping their rounds."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from astronomical.catalogue.hashing import derive_seed
from astronomical.config.schema import CheckpointConfig, ExtensionConfig, LearnerConfig, StartConfig
from astronomical.labels.views import CATALOGUE
from astronomical.learning.starting import random_start
from astronomical.session.actions.core import SessionCore, now
from astronomical.session.bundles import make_bundle
from astronomical.session.exports import votes_of
from astronomical.session.model_store import checkpoint_of
from astronomical.session.queues import queue_size, with_queue
from astronomical.session.requests import check_learner
from astronomical.session.savable import JOB as TRIAL
from astronomical.session.savable import obstacle, obstacle_in_words
from astronomical.session.together import compare_classes


class LearnerActions(SessionCore):
    """Train learners, and look at the classes together."""

    def start_training(self, class_name: str, *, models: Sequence[ExtensionConfig] | None = None,
                       strategy: ExtensionConfig | None = None, start: StartConfig | None = None,
                       queue: int | None = None) -> None:
        """Begin a learner, or change the settings of one that has begun: it keeps its labels.

        Parameters
        ----------
        class_name
            The class that is learnt against the rest.
        models
            Its models, one or a committee; by default as they are in the config.
        strategy
            How it chooses what to ask for.
        start
            Where it begins: drawn from catalogue labels, or labelled by a person. It counts for a learner that has
            not begun.
        queue
            How many sources are asked for at a time.

        Raises
        ------
        SessionError
            If a model or strategy is unknown, or starting points cannot be drawn.
        """
        self._check_writable()
        for job in self.state.jobs:
            if job.name.startswith(TRIAL):
                self._jobs.cancel(job.name)
        self.dataset.check_features()
        learner = self._learner(class_name)
        update: dict[str, Any] = {"started": True}
        if models is not None:
            update["models"] = tuple(models)
        if strategy is not None:
            update["strategy"] = strategy
        if start is not None and not learner.started:
            update["start"] = start
        changed = LearnerConfig.model_validate({**learner.model_dump(), **_plain(update)})
        check_learner(self.registry, changed)
        first = self._starting_points(changed) if not learner.started else ()
        if queue is not None:
            k = self._teacher.view(class_name).k if learner.started else changed.start.n
            changed = with_queue(changed, k, queue)
        self._replace_learner(changed)
        for id, label in first:
            self._record(kind="label", id=id, label=label, class_name=class_name, round=0, origin="start",
                         who=CATALOGUE)
        self.state.active = class_name
        self._follow = (class_name, self.state.focus)
        self._teacher.reconsider()
        self._fold()  # the learner has begun, whatever becomes of its first round
        self._teacher.refresh()
        self._save()

    def retrain(self, class_name: str) -> None:
        """Train a learner now on the labels that it has, before its queue is worked through."""
        self._check_writable()
        learner = self._learner(class_name)
        self._follow = (class_name, self.state.focus)
        self._replace_learner(with_queue(learner, self._teacher.view(class_name).k, queue_size(learner)))
        self._teacher.resume(class_name)

    def cancel_training(self, class_name: str) -> None:
        """Call off the round that a learner is computing; its last round stays until it is trained again."""
        self._learner(class_name)
        self._teacher.cancel(class_name)

    def resume_training(self, class_name: str) -> None:
        """Train a learner again whose round was called off, or failed."""
        self._learner(class_name)
        self._teacher.resume(class_name)

    def try_saving(self, model: ExtensionConfig) -> None:
        """Find out whether a model can be saved as the project says; `obstacle_to_saving` then knows.

        Parameters
        ----------
        model
            The model, with its parameters.
        """
        known, n_features = self._obstacle_key(model), len(self.dataset.features.names)

        def learnt(found: str) -> None:
            self.state.obstacles = {**self.state.obstacles, known: found}

        form = self.state.config.models.format
        job = f"{TRIAL} {known}"
        if known not in self.state.obstacles and not self._jobs.is_running(job):
            # In the lane of the rounds: a fit that draws from a global generator must not meet another one.
            self._jobs.submit(job, lambda _: obstacle(self.registry, model, n_features, form), learnt,
                              lambda error: learnt(""), title="Trying whether the model can be saved", background=True)

    def obstacle_to_saving(self, model: ExtensionConfig) -> str:
        """Say what keeps a model from being saved and what can be done; empty if nothing does, or not yet known."""
        keeping = self.state.config.models
        found = self.state.obstacles.get(self._obstacle_key(model), "")
        return obstacle_in_words(found, keeping.format, keep=keeping.keep)

    def _obstacle_key(self, model: ExtensionConfig) -> tuple[str, str]:
        return model.model_dump_json(), self.state.config.models.format

    def compare_classes(self) -> None:
        """Ask all trained learners about the whole catalogue; `state.together` tells what came out."""
        compare_classes(self.state, self.registry, self._jobs, lambda found: setattr(self.state, "together", found),
                        lambda text: self.notify(text, "error"))

    def checkpoint(self, class_name: str | None = None, *, name: str = "") -> CheckpointConfig:
        """Give the newest round of a learner a name in the project, and keep its model beside it.

        Parameters
        ----------
        class_name
            The learner; by default the active one.
        name
            Name of the checkpoint; by default class and number of labels.

        Returns
        -------
        CheckpointConfig
            What the project keeps of it.

        Raises
        ------
        SessionError
            If there is no such round, or another one has this name.
        """
        self._check_writable()
        made = checkpoint_of(self.state, class_name or self.state.active, name, now())
        others = tuple(item for item in self.state.config.checkpoints if item.name != made.name)
        self._change(checkpoints=(*others, made))
        if self._models is not None and self.state.rounds[made.class_name].trained:
            votes = votes_of(self.state, self.registry, made.class_name)
            self._models.add(make_bundle(self.state.config, self.dataset, votes), now=True)
        self._fold()
        return made

    def _starting_points(self, learner: LearnerConfig) -> tuple[tuple[str, str], ...]:
        if learner.start.mode == "label":
            return ()
        data, name = self.dataset, learner.class_name
        truth = data.truth(name, self.state.config.split.drop)
        seed = derive_seed(self.state.config.project.seed, "start", name)
        training = data.split.training & ~data.catalogue.mask(self.ledger.curated)
        rows = random_start(data.catalogue.ids, truth, training, learner.start.n, seed, name)
        return tuple((data.catalogue.id_at(row), data.class_names[data.codes[row]]) for row in rows)


def _plain(update: dict[str, Any]) -> dict[str, Any]:
    return {key: [m.model_dump() for m in value] if key == "models" else
            value.model_dump() if hasattr(value, "model_dump") else value for key, value in update.items()}
