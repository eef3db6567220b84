"""Settings of the project: columns, layout, and what the learners stand on."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from astronomical.config.schema import Config, PaneConfig
from astronomical.config.services import SurveyConfig
from astronomical.session.actions.core import SessionCore
from astronomical.session.changes import CHANGEABLE, ChangePlan, plan_change
from astronomical.session.changes import JOB as SETTINGS
from astronomical.session.changes import rebuild as rebuild_dataset
from astronomical.session.columns import with_columns
from astronomical.session.dataset import Dataset
from astronomical.session.errors import SessionError
from astronomical.session.memory import memory_text


class SettingsActions(SessionCore):
    """Change the project's settings."""

    def plan_settings(self, changed: Config) -> ChangePlan:
        """Return what `change_settings` would do; nothing is changed. It is refused if labels would be orphaned."""
        return plan_change(self.state.config, changed, self.ledger, self.registry)

    def change_settings(self, changed: Config) -> None:
        """Change settings of the project; the labels are kept, and learners are retrained where that is needed.

        Parameters
        ----------
        changed
            The config with other values in the sections `astronomical.session.changes.CHANGEABLE`.

        Raises
        ------
        SessionError
            If labels would be orphaned, or the settings make no sense; nothing is changed then. What shows only
            while the dataset is made is told as a message.
        """
        self._check_writable()
        plan, data, ledger = self.plan_settings(changed), self.dataset, self.ledger
        if not plan.takes_time:
            self._take_settings(plan.config, data)
            return
        self._jobs.submit(
            SETTINGS, lambda job: rebuild_dataset(plan, data, ledger, self.registry, self.path.parent,
                                                  lambda _, f: job.progress(f)),
            lambda made: self._take_settings(*made),
            lambda error: self.notify(f"The settings were not changed: {error}", "error"),
            title="Applying the settings", lane="files")

    def set_layout(self, panes: Sequence[PaneConfig]) -> None:
        """Keep the arrangement of the panes."""
        self._change(layout=self.state.config.layout.model_copy(update={"panes": tuple(panes)}))

    def set_columns(self, **uses: Sequence[str] | str | None) -> None:
        """Change which columns are shown, and as what; see `with_columns`."""
        self._change(catalogue=with_columns(self.state.config.catalogue, self.dataset.catalogue, uses))

    def set_surveys(self, surveys: Sequence[SurveyConfig]) -> None:
        """Change which surveys have their cutouts shown, and in which order.

        Raises
        ------
        SessionError
            If two of them have the same name.
        """
        names = [survey.name for survey in surveys]
        if twice := sorted({name for name in names if names.count(name) > 1}):
            raise SessionError(f"Two surveys are called {twice[0]}: give one of them another name.")
        self._change(services=self.state.config.services.model_copy(update={"surveys": tuple(surveys)}))

    def set_theme(self, theme: Literal["light", "dark"]) -> None:
        """Keep the theme."""
        self._change(layout=self.state.config.layout.model_copy(update={"theme": theme}))

    def _take_settings(self, made: Config, data: Dataset) -> None:
        try:
            plan = self.plan_settings(self.state.config.model_copy(
                update={name: getattr(made, name) for name in CHANGEABLE}))
        except SessionError as error:  # labels were given meanwhile
            self.notify(f"The settings were not changed: {error}", "error")
            return
        renewed, retrained = data is not self.dataset, data.features is not self.dataset.features
        active = next((name for name in (self.state.active, *(item.class_name for item in plan.config.learners))
                       if name is not None and plan.config.learner(name) is not None), None)
        self.state.param.update(config=plan.config, dataset=data, active=active, saved=False)
        if renewed and self.state.config.catalogue.optimise_memory:
            self.notify(memory_text(data.catalogue))
        if retrained:
            self._teacher.restart()
            self._curator.recount()
        self._save()
