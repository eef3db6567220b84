"""Settings of the pane of a plot, and the controls above the plot."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import panel_material_ui as pmui

from astronomical.config.schema import PaneConfig
from astronomical.dashboard.panes.plot.colouring import colour_options
from astronomical.dashboard.panes.plot.column_form import COMPACT, choose_columns, quick_controls
from astronomical.dashboard.panes.plot.plot_builder import PlotRequest
from astronomical.dashboard.panes.plot.values import axis_names
from astronomical.extend import Column, Extension
from astronomical.plots.axis_limits import AxisChoices
from astronomical.session import Session

__all__ = ["PlotSettings"]


class PlotSettings:
    """The settings of a plot's pane: columns, parameters, colour, statistic, switches and answers.

    Parameters
    ----------
    session
        The project.
    config
        The pane.
    kind
        The plot.
    on_change
        Called with the new settings when the user changes them.

    Attributes
    ----------
    values
        The settings as they are in the project file.
    columns
        The column of each role, chosen by the user or by name.
    """

    def __init__(
        self, session: Session, config: PaneConfig, kind: Extension, on_change: Callable[[dict[str, Any]], None]
    ) -> None:
        self._session, self._id, self._kind, self._on_change = session, config.id, kind, on_change
        self._roles: tuple[Column, ...] = kind.option("columns", ())
        self.values: dict[str, Any] = dict(config.settings)
        self.columns: dict[str, str] = {}
        self._subset_basis = self._basis_of_subsets()
        self.choose_columns()

    def choose_columns(self) -> list[Column]:
        """Choose a column for each role, and return the required roles without one."""
        panes = self._session.state.config.layout.panes
        others = [pane for pane in panes if pane.kind == self._kind.name and pane.id != self._id]
        names = axis_names(self._session.dataset)
        self.columns = choose_columns(self._roles, names, self.values, others)
        if self._kind.name in ("basic", "histogram"):  # all columns are possible
            features = [name for name in self._session.dataset.features.names if name in names]
            for role, name in zip(self._roles, features or names, strict=False):
                self.columns.setdefault(role.name, name)
        return [role for role in self._roles if not role.optional and not self.columns.get(role.name)]

    def change(self, values: Mapping[str, Any]) -> None:
        """Change some settings."""
        self.values = {**self.values, **values}
        self._on_change(dict(self.values))

    def toggle_statistic(self) -> None:
        """Switch between the mean and the maximum of the points in a pixel."""
        self.change({"statistic": "mean" if self.values.get("statistic") == "max" else "max"})

    @property
    def is_linked(self) -> bool:
        """Whether the plot shares its ranges with others."""
        return bool(self.values.get("linked"))

    def subset_has_changed(self) -> bool:
        """Return whether the sources of the subset that is shown may have changed since the last call."""
        before, self._subset_basis = self._subset_basis, self._basis_of_subsets()
        changed = any(a is not b for a, b in zip(before, self._subset_basis, strict=True))
        return changed and bool(self.values.get("subset"))

    def _basis_of_subsets(self) -> tuple[object, object]:
        state = self._session.state
        return state.config.subsets, state.ledger.index.remarks

    def controls(self) -> dict[str, Any]:
        """Return the controls above the plot."""
        made = quick_controls(self._kind, axis_names(self._session.dataset), self.columns, self._parameters())
        chosen = str(self.values.get("colour") or "")
        colours = colour_options(self._session, chosen)
        made["colour"] = pmui.Select(
            label="Colour",
            options=colours,
            searchable=True,
            size="small",
            margin=0,
            sizing_mode="stretch_width",
            dropdown_height=320,
            sx=COMPACT,
            value=chosen if chosen in colours.values() else next(iter(colours.values())),
        )
        return made

    def request(self, colour: str, hidden: Iterable[str]) -> PlotRequest:
        """Return the choices for a plot.

        Raises
        ------
        ValueError
            If the value of a parameter or the range of an axis is not valid.
        """
        return PlotRequest(
            dict(self.columns),
            self._parameters(),
            colour,
            str(self.values.get("statistic", "mean")),
            frozenset(hidden),
            dict(self.values.get("answers", {})),
            "eq_hist" if self.values.get("equalised") else "mix",
            AxisChoices.from_settings(self.values),
            str(self.values.get("subset") or ""),
            bool(self.values.get("fades")) and self._kind.name != "histogram",
        )

    def _parameters(self) -> dict[str, Any]:
        names = [parameter.name for parameter in self._kind.parameters]
        return self._kind.check({name: self.values[name] for name in names if name in self.values})
