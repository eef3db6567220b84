"""Change settings of the project: the part `Session.settings`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from astronomical.config.errors import naming_input
from astronomical.config.parsing import mended
from astronomical.config.schema import Config, PaneConfig
from astronomical.config.services import ServicesConfig, SourceArchiveConfig, SurveyConfig
from astronomical.learning.feature_map import METHODS, MapMethod, feature_map
from astronomical.session.commands import Access, command, full_access, reads
from astronomical.session.data.class_changes import with_class
from astronomical.session.data.class_guides import with_guide
from astronomical.session.data.columns import with_columns
from astronomical.session.data.maps import check_map, map_text, with_map, write_map
from astronomical.session.data.settings_changes import JOB as SETTINGS
from astronomical.session.data.settings_changes import ChangePlan
from astronomical.session.errors import SessionError
from astronomical.session.project.apply_settings import SettingsApplier
from astronomical.session.project.writer import ProjectWriter
from astronomical.session.state import SessionState
from astronomical.tasks import Job

__all__ = ["MAP", "Settings"]

#: Name of the job that makes a map of the features.
MAP = "map"


class Settings:
    """Change columns, layout, and the settings that learners depend on: the part `Session.settings`.

    Parameters
    ----------
    state
        State of the session.
    writer
        Writer of the project.
    applier
        Applies changes that need a new dataset.
    access
        Called before each command.
    """

    def __init__(
        self, state: SessionState, writer: ProjectWriter, applier: SettingsApplier, access: Access = full_access
    ) -> None:
        self._state, self._writer, self._applier, self._access = state, writer, applier, access

    @reads
    def plan(self, changed: Config) -> ChangePlan:
        """Return what `change` would do, without changing anything; refuse to orphan labels."""
        return self._applier.plan(changed)

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
        plan = self.plan(changed)
        if not plan.takes_time:
            self._applier.apply(plan.config, self._state.dataset, self._state.ledger)
            return
        self._applier.submit(
            SETTINGS, lambda job: plan, title="Applying the settings", failed="The settings were not changed"
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
        config, data, path = self._state.config, self._state.dataset, self._writer.path
        if method not in METHODS:
            raise SessionError(f"There is no method {method!r}. Choose one of: {', '.join(METHODS)}.")
        check_map(config, data, path)

        def make(job: Job) -> ChangePlan:
            made = feature_map(
                data.features, data.catalogue.ids, method, config.project.seed, job.cancelled, job.progress
            )
            write_map(config, data, path, method, made)
            return ChangePlan(with_map(config, path), (), rereads=True)

        self._applier.submit(
            MAP,
            make,
            title=f"Making a map of the features by {METHODS[method]}",
            failed="The map was not made",
            ready="The map is ready: choose map_1 and map_2 as the axes of a plot.",
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
    def set_archives(
        self,
        *,
        spectra: Sequence[SourceArchiveConfig] | None = None,
        light_curves: Sequence[SourceArchiveConfig] | None = None,
    ) -> None:
        """Change which archives are asked for the selected source; None leaves a list unchanged.

        Parameters
        ----------
        spectra, light_curves
            The archives, in the order in which they are asked.

        Raises
        ------
        InvalidInputError
            If two archives of a list have the same name, or one has no such files.
        """
        given = {"spectra": spectra, "light_curves": light_curves}
        changed = {name: tuple(archives) for name, archives in given.items() if archives is not None}
        services = self._state.config.services.model_copy(update=changed)
        with naming_input("The archives"):
            ServicesConfig.model_validate(services.model_dump())
        self._writer.change(services=services)

    @command
    def set_theme(self, theme: Literal["light", "dark"]) -> None:
        """Save the theme."""
        self._writer.change(layout=self._state.config.layout.model_copy(update={"theme": theme}))
