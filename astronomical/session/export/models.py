"""Save the models of rounds: the part `Session.models`."""

from __future__ import annotations

from collections.abc import Callable

from astronomical.config.schema import CheckpointConfig, ExtensionConfig
from astronomical.session.commands import Access, command, full_access, reads
from astronomical.session.evaluation.predictions import votes_of
from astronomical.session.export.model_bundle import make_bundle
from astronomical.session.export.model_store import ModelStore, checkpoint_of
from astronomical.session.export.serialization_check import JOB as TRIAL
from astronomical.session.export.serialization_check import obstacle, obstacle_in_words
from astronomical.session.labelling.record import now
from astronomical.session.project.writer import ProjectWriter
from astronomical.session.state import SessionState
from astronomical.tasks import Jobs

__all__ = ["Models"]


class Models:
    """Save the models of rounds, and check whether that is possible: the part `Session.models`.

    Parameters
    ----------
    state
        State of the session; `obstacles` is written.
    writer
        Writer of the project.
    store
        Files of the models; None if the project is read-only.
    jobs
        Jobs that try models.
    access
        Called before each command.
    """

    def __init__(
        self,
        state: SessionState,
        writer: ProjectWriter,
        store: ModelStore | None,
        jobs: Jobs,
        access: Access = full_access,
    ) -> None:
        self._state, self._writer, self._store, self._jobs, self._access = state, writer, store, jobs, access
        self._registry = writer.plugins.registry

    @command
    def checkpoint(
        self,
        class_name: str | None = None,
        *,
        name: str = "",
        then: Callable[[CheckpointConfig], None] = lambda made: None,
    ) -> CheckpointConfig:
        """Save the newest round of a learner under a name, together with its model.

        Parameters
        ----------
        class_name
            The learner; by default the active one.
        name
            Name of the checkpoint; by default the class and the number of labels.
        then
            Called when the project with the checkpoint is saved.

        Returns
        -------
        CheckpointConfig
            The checkpoint.

        Raises
        ------
        SessionError
            If there is no round, or another round has this name.
        """
        self._writer.check_writable()
        made = checkpoint_of(self._state, class_name or self._state.active, name, now())
        others = tuple(item for item in self._state.config.checkpoints if item.name != made.name)
        self._writer.change(checkpoints=(*others, made))
        if self._store is not None and self._state.rounds[made.class_name].trained:
            votes = votes_of(self._state, self._registry, made.class_name)
            self._store.add(make_bundle(self._state.config, self._state.dataset, votes), now=True)
        self._writer.save_settings(lambda: then(made), f"checkpoint {made.name}")
        return made

    @reads
    def try_saving(self, model: ExtensionConfig) -> None:
        """Check whether a model can be saved in the format of the project; see `obstacle_to_saving` for the result.

        Parameters
        ----------
        model
            The model with its parameters.
        """
        known, n_features = self._obstacle_key(model), len(self._state.dataset.features.names)

        def learnt(found: str) -> None:
            self._state.obstacles = {**self._state.obstacles, known: found}

        form = self._state.config.models.format
        job = f"{TRIAL} {known}"
        if known not in self._state.obstacles and not self._jobs.is_running(job):
            # Use the lane of the rounds, so that a fit that draws from a global generator does not run at the same
            # time.
            self._jobs.submit(
                job,
                lambda _: obstacle(self._registry, model, n_features, form),
                learnt,
                lambda error: learnt(""),
                title="Checking whether the model can be saved",
                lane="rounds",
                background=True,
            )

    @reads
    def obstacle_to_saving(self, model: ExtensionConfig) -> str:
        """Return why a model cannot be saved and what to do; empty if it can, or if that is not known yet."""
        keeping = self._state.config.models
        found = self._state.obstacles.get(self._obstacle_key(model), "")
        return obstacle_in_words(found, keeping.format, keep=keeping.keep)

    def _obstacle_key(self, model: ExtensionConfig) -> tuple[str, str]:
        return model.model_dump_json(), self._state.config.models.format
