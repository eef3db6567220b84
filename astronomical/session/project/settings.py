"""Change settings of the project: the part `Session.settings`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Literal

from astronomical.config.parsing import mended
from astronomical.config.schema import Config, PaneConfig
from astronomical.config.services import SurveyConfig
from astronomical.labels.ledger import Ledger
from astronomical.learning.feature_map import METHODS, MapMethod, feature_map
from astronomical.session.commands import Access, command, full_access, reads
from astronomical.session.data.class_changes import with_class
from astronomical.session.data.class_guides import with_guide
from astronomical.session.data.column_memory import memory_text
from astronomical.session.data.columns import with_columns
from astronomical.session.data.dataset import Dataset
from astronomical.session.data.maps import check_map, map_text, with_map, write_map
from astronomical.session.data.population import check_population
from astronomical.session.data.settings_changes import CHANGEABLE, ChangePlan, plan_change
from astronomical.session.data.settings_changes import JOB as SETTINGS
from astronomical.session.data.settings_changes import rebuild as rebuild_dataset
from astronomical.session.data.virtual import check_virtual
from astronomical.session.errors import SessionError
from astronomical.session.events import SessionEvents
from astronomical.session.project.writer import ProjectWriter
from astronomical.session.state import SessionState
from astronomical.tasks import Job, Jobs

__all__ = ["MAP", "Settings"]

#: Name of the job that makes a map of the features.
MAP = "map"


class Settings:
    """Change columns, layout, and the settings that learners depend on: the part `Session.settings`.

    Parameters
    ----------
    state
        State of the session; `config`, `dataset` and `active` are written.
    writer
        Writer of the project.
    jobs
        Jobs that compute features.
    events
        Events of the session; `features_changed` is reported.
    prepare
        Derives from a ledger what the learners need with a new dataset, so that the event loop need not go through all
        events; called in a thread.
    access
        Called before each command.
    """

    def __init__(
        self,
        state: SessionState,
        writer: ProjectWriter,
        jobs: Jobs,
        events: SessionEvents,
        prepare: Callable[[Config, Dataset, Ledger], None],
        access: Access = full_access,
    ) -> None:
        self._state, self._writer, self._jobs, self._events, self._access = state, writer, jobs, events, access
        self._prepare = prepare

    @reads
    def plan(self, changed: Config) -> ChangePlan:
        """Return what `change` would do, without changing anything; refuse to orphan labels."""
        if changed.catalogue.virtual != self._state.config.catalogue.virtual:
            check_virtual(changed.catalogue, self._state.dataset.catalogue)
        if changed.population != self._state.config.population:
            check_population(changed, self._state.dataset.catalogue)
        return plan_change(self._state.config, changed, self._state.ledger, self._writer.plugins.registry)

    @command
    def change(self, changed: Config) -> None:
        """Change settings of the project. Labels are kept, and learners are retrained if needed.

        Parameters
        ----------
        changed
            The project with new values in sections of `astronomical.session.data.settings_changes.CHANGEABLE`.

        Raises
        ------
        SessionError
            If labels would be orphaned, or the settings are invalid; nothing is changed then. Problems found later,
            while the features are computed, are shown as a message.
        """
        self._writer.check_writable()
        plan, data, ledger = self.plan(changed), self._state.dataset, self._state.ledger
        if not plan.takes_time:
            self._apply_settings(plan.config, data, ledger)
            return

        def work(job: Job) -> tuple[Config, Dataset, Ledger]:
            registry, folder = self._writer.plugins.registry, self._writer.path.parent
            config, made = rebuild_dataset(
                plan, data, ledger, registry, folder, lambda _, fraction: job.progress(fraction)
            )
            prepared = ledger.detached()
            self._prepare(config, made, prepared)
            return config, made, prepared

        self._jobs.submit(
            SETTINGS,
            work,
            lambda made: self._apply_settings(*made),
            lambda error: self._state.notify(f"The settings were not changed: {error}", "error"),
            title="Applying the settings",
            lane="files",
        )

    @reads
    def map_text(self) -> str:
        """Return a sentence about the map of the features; this reads the head of a file."""
        return map_text(self._state.config, self._writer.path)

    @command
    def make_map(self, method: MapMethod = "pca") -> None:
        """Make a map of the features: the columns ``map_1`` and ``map_2``, for plots, selections and criteria.

        The coordinates are stored in a file beside the project file, and joined to the catalogue. Labels and learners
        do not change. An earlier map is replaced.

        Parameters
        ----------
        method
            ``pca`` or ``umap``; see `astronomical.learning.feature_map.feature_map`.

        Raises
        ------
        SessionError
            If other columns have these names, or the map itself is a feature. Problems found later are shown as a
            message.
        """
        self._writer.check_writable()
        config, data, ledger = self._state.config, self._state.dataset, self._state.ledger
        if method not in METHODS:
            raise SessionError(f"There is no method {method!r}. Choose one of: {', '.join(METHODS)}.")
        path = self._writer.path
        check_map(config, data, path)

        def work(job: Job) -> tuple[Config, Dataset, Ledger]:
            made = feature_map(
                data.features, data.catalogue.ids, method, config.project.seed, job.cancelled, job.progress
            )
            write_map(config, data, path, method, made)
            plan = ChangePlan(with_map(config, path), (), rereads=True)
            return (*rebuild_dataset(plan, data, ledger, self._writer.plugins.registry, path.parent), ledger.detached())

        def arrive(made: tuple[Config, Dataset, Ledger]) -> None:
            self._apply_settings(*made)
            self._state.notify("The map is ready: choose map_1 and map_2 as the axes of a plot.", "success")

        self._jobs.submit(
            MAP,
            work,
            arrive,
            lambda error: self._state.notify(f"The map was not made: {error}", "error"),
            title=f"Making a map of the features by {METHODS[method]}",
            lane="files",
        )

    @command
    def add_class(self, name: str, colour: str | None = None) -> None:
        """Add a class, which labels can then name. Labels and learners are kept; see `change`.

        Parameters
        ----------
        name
            Name of the class. If the label column has such values, their sources become known.
        colour
            Its colour, such as ``#0072B2``; by default the first of the palette that no class has.

        Raises
        ------
        SessionError
            If the name is empty or in use.
        """
        self._writer.check_writable()
        self.change(with_class(self._state.config, name, colour))

    @command
    def set_guide(self, class_name: str, *, text: str | None = None, examples: Sequence[str] | None = None) -> None:
        """Change how to recognise the sources of a class; None leaves a value unchanged.

        Parameters
        ----------
        class_name
            Name of the class.
        text
            A text in Markdown.
        examples
            Ids of example sources, at most 12.

        Raises
        ------
        SessionError
            If there is no such class or source, or there are too many examples.
        """
        self._writer.check_writable()
        section = with_guide(self._state.config, self._state.dataset.catalogue, class_name, mended(text), examples)
        self._writer.change(labelling=section)

    @command
    def set_layout(self, panes: Sequence[PaneConfig]) -> None:
        """Save the layout of the panes."""
        self._writer.change(layout=self._state.config.layout.model_copy(update={"panes": tuple(panes)}))

    @command
    def set_columns(self, /, **uses: Sequence[str] | str | None) -> None:
        """Change which columns are shown, and their uses; see `with_columns`."""
        self._writer.change(catalogue=with_columns(self._state.config.catalogue, self._state.dataset.catalogue, uses))

    @command
    def set_surveys(self, surveys: Sequence[SurveyConfig]) -> None:
        """Change which surveys provide cutouts, and their order.

        Raises
        ------
        SessionError
            If two surveys have the same name.
        """
        names = [survey.name for survey in surveys]
        if twice := sorted({name for name in names if names.count(name) > 1}):
            raise SessionError(f"Two surveys are named {twice[0]}. Rename one of them.")
        self._writer.change(services=self._state.config.services.model_copy(update={"surveys": tuple(surveys)}))

    @command
    def set_theme(self, theme: Literal["light", "dark"]) -> None:
        """Save the theme."""
        self._writer.change(layout=self._state.config.layout.model_copy(update={"theme": theme}))

    def _apply_settings(self, made: Config, data: Dataset, prepared: Ledger) -> None:
        try:
            plan = self.plan(self._state.config.model_copy(update={name: getattr(made, name) for name in CHANGEABLE}))
        except SessionError as error:  # labels were given in the meantime
            self._state.notify(f"The settings were not changed: {error}", "error")
            return
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
