"""Apply changed settings to an open project, with a dataset that was built in a thread."""

from __future__ import annotations

from collections.abc import Callable

from astronomical.config.schema import Config
from astronomical.labels.ledger import Ledger
from astronomical.session.data.column_memory import memory_text
from astronomical.session.data.dataset import Dataset
from astronomical.session.data.population import check_population
from astronomical.session.data.settings_changes import CHANGEABLE, ChangePlan, plan_change, rebuild
from astronomical.session.data.virtual import check_virtual
from astronomical.session.errors import SessionError
from astronomical.session.events import SessionEvents
from astronomical.session.project.writer import ProjectWriter
from astronomical.session.state import SessionState
from astronomical.tasks import Job, Jobs

__all__ = ["SettingsApplier"]


class SettingsApplier:
    """Build what changed settings need in a thread, and write it to the state.

    Parameters
    ----------
    state
        State of the session; `config`, `dataset` and `active` are written.
    writer
        Writer of the project.
    jobs
        Jobs that build the dataset.
    events
        Events of the session; `features_changed` is reported.
    prepare
        Derives from a ledger what the learners need with a new dataset, so that the event loop need not go through all
        events; called in a thread.
    """

    def __init__(
        self,
        state: SessionState,
        writer: ProjectWriter,
        jobs: Jobs,
        events: SessionEvents,
        prepare: Callable[[Config, Dataset, Ledger], None],
    ) -> None:
        self._state, self._writer, self._jobs, self._events = state, writer, jobs, events
        self._prepare = prepare

    def plan(self, changed: Config) -> ChangePlan:
        """Return what a change would do, without changing anything; refuse to orphan labels."""
        if changed.catalogue.virtual != self._state.config.catalogue.virtual:
            check_virtual(changed.catalogue, self._state.dataset.catalogue)
        if changed.population != self._state.config.population:
            check_population(changed, self._state.dataset.catalogue)
        return plan_change(self._state.config, changed, self._state.ledger, self._writer.plugins.registry)

    def submit(self, name: str, make: Callable[[Job], ChangePlan], *, title: str, failed: str, ready: str = "") -> None:
        """Plan a change in a thread, build its dataset, and apply both.

        Parameters
        ----------
        name, title
            Name of the job, and its title on the screen.
        make
            Returns the plan; called in a thread.
        failed
            Beginning of the message about an error.
        ready
            Message once the change is applied; empty for none.
        """
        data, ledger = self._state.dataset, self._state.ledger

        def work(job: Job) -> tuple[Config, Dataset, Ledger]:
            plan = make(job)
            registry, folder = self._writer.plugins.registry, self._writer.path.parent
            config, made = rebuild(plan, data, ledger, registry, folder, lambda _, fraction: job.progress(fraction))
            prepared = ledger.detached()
            self._prepare(config, made, prepared)
            return config, made, prepared

        def arrive(made: tuple[Config, Dataset, Ledger]) -> None:
            if self.apply(*made) and ready:
                self._state.notify(ready, "success")

        self._jobs.submit(
            name,
            work,
            arrive,
            lambda error: self._state.notify(f"{failed}: {error}", "error"),
            title=title,
            lane="files",
        )

    def apply(self, made: Config, data: Dataset, prepared: Ledger) -> bool:
        """Write settings and their dataset to the state, and return whether that was possible."""
        try:
            plan = self.plan(self._state.config.model_copy(update={name: getattr(made, name) for name in CHANGEABLE}))
        except SessionError as error:  # labels were given in the meantime
            self._state.notify(f"The settings were not changed: {error}", "error")
            return False
        self._state.ledger.adopt_derived(prepared)
        renewed, retrained = data is not self._state.dataset, data.features is not self._state.dataset.features
        active = next(
            (
                name
                for name in (self._state.active, *(item.class_name for item in plan.config.learners))
                if name is not None and plan.config.learner(name) is not None
            ),
            None,
        )
        weights = [config.labelling.probable_weight for config in (self._state.config, plan.config)]
        self._state.param.update(config=plan.config, dataset=data, active=active, saved=False)
        if renewed and self._state.config.catalogue.optimise_memory:
            self._state.notify(memory_text(data.catalogue))
        if retrained or weights[0] != weights[1]:
            self._events.features_changed()
        if self._jobs.inline:  # nothing else computes the missing records
            self._writer.save()
        else:
            self._writer.save_settings()
        return True
