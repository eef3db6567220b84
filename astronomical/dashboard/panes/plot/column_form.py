"""Choose the columns of a plot: by name, from other panes, or in a form."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import panel as pn
import panel_material_ui as pmui

from astronomical.config.schema import PaneConfig
from astronomical.dashboard.ui.components import hint
from astronomical.dashboard.ui.parameter_widgets import checked_value, parameter_field
from astronomical.errors import InvalidInputError
from astronomical.extend import Column, Extension, Parameter
from astronomical.plots.column_roles import guess_columns
from astronomical.plots.plot_data import Question

__all__ = ["COMPACT", "PlotForm", "choose_columns", "is_tabs", "quick_controls"]

COMPACT = {
    "fontSize": "13px",
    "& .MuiSelect-select.MuiSelect-select": {"py": "4px", "pl": "8px", "pr": "20px"},
    "& .MuiSelect-icon": {"right": "1px"},
}
_NONE = "—"
#: A parameter with at most this many choices is a row of buttons above the plot.
_MAX_TABS = 4
#: Plots with at most this many columns show them above the plot, not only in the form.
_MAX_ABOVE = 2


def choose_columns(
    columns: Sequence[Column], there: Sequence[str], settings: Mapping[str, Any], others: Sequence[PaneConfig] = ()
) -> dict[str, str]:
    """Return the column of each role: from this pane, else from another pane of the same kind, else by name.

    Parameters
    ----------
    columns
        The roles.
    there
        The columns of the catalogue.
    settings
        Settings of the pane. Columns named here are used even if they do not exist, so that the pane can report it.
    others
        Other panes of the same kind, the newest last.
    """
    guessed = guess_columns(columns, there)
    chosen = {}
    for column in columns:
        set_before = (str(pane.settings.get(column.name) or "") for pane in reversed(others))
        usual = next((name for name in set_before if name in there), guessed.get(column.name))
        name = str(settings[column.name]) if column.name in settings else usual
        if name:
            chosen[column.name] = name
    return chosen


def is_tabs(parameter: Parameter) -> bool:
    """Return whether a parameter is a row of buttons above the plot."""
    return parameter.choices is not None and len(parameter.choices) <= _MAX_TABS


def quick_controls(
    kind: Extension, there: Sequence[str], chosen: Mapping[str, str], parameters: Mapping[str, Any]
) -> dict[str, Any]:
    """Return the controls above a plot: its columns, if there are few, and parameters with few choices."""
    look: dict[str, Any] = {
        "size": "small",
        "margin": 0,
        "sizing_mode": "stretch_width",
        "dropdown_height": 320,
        "sx": COMPACT,
    }
    columns = kind.option("columns", ())
    made: dict[str, Any] = {}
    for column in columns if len(columns) <= _MAX_ABOVE else ():
        name = chosen.get(column.name, "")
        # Keep a name that the catalogue no longer has, so that the plot can report the problem.
        options = list(dict.fromkeys([*there, *([name] if name else [])]))
        made[column.name] = pmui.Select(label=column.name, options=options, value=name or None, searchable=True, **look)
    for parameter in kind.parameters:
        if parameter.choices is not None and is_tabs(parameter):
            made[parameter.name] = pmui.RadioButtonGroup(
                options=list(parameter.choices),
                value=parameters[parameter.name],
                size="small",
                margin=0,
                description=parameter.help,
                sx={"& .MuiButtonBase-root": {"textTransform": "none", "py": "3px", "whiteSpace": "nowrap"}},
            )
    return made


class PlotForm:
    """Form for the columns and parameters of a plot, and for answers to its questions.

    Parameters
    ----------
    kind
        The plot.
    there
        The available columns and features.
    on_done
        Called with the changed settings.
    """

    def __init__(self, kind: Extension, there: Sequence[str], on_done: Callable[[dict[str, Any]], None]) -> None:
        self._kind, self._there, self._on_done = kind, list(there), on_done
        self._fields: dict[str, Any] = {}
        self._questions: dict[str, Any] = {}
        self.view = pn.Column(sizing_mode="stretch_width", margin=0)

    def show(
        self,
        settings: Mapping[str, Any],
        chosen: Mapping[str, str],
        questions: Sequence[Question] = (),
        remark: str = "",
    ) -> None:
        """Fill the form."""
        look: dict[str, Any] = {"size": "small", "margin": (5, 0), "sizing_mode": "stretch_width", "sx": COMPACT}
        self._fields = {}
        for column in self._kind.option("columns", ()):
            self._fields[column.name] = self._column_field(column, chosen.get(column.name, ""), look)
        for parameter in self._kind.parameters:
            if not is_tabs(parameter):
                self._fields[parameter.name] = parameter_field(
                    parameter, settings.get(parameter.name, parameter.default), **look
                )
        self._questions = {
            q.key: pmui.Select(label=q.text, options=[_NONE, *q.choices], value=_NONE, **look) for q in questions
        }
        draw = pmui.Button(label="Draw", size="small", variant="contained", margin=(6, 0))
        draw.on_click(lambda *_: self._done(settings))
        shown_remark = [hint(remark, margin=(2, 0))] if remark else []
        fields = [] if questions else list(self._fields.values())
        self.view.objects = [*shown_remark, *self._questions.values(), *fields, draw]

    def _column_field(self, column: Column, name: str, look: dict[str, Any]) -> Any:
        options = list(dict.fromkeys([_NONE, *([name] if name else []), *self._there]))
        facts = ", ".join(part for part in (column.help, column.unit, "optional" if column.optional else "") if part)
        return pmui.Select(
            label=f"{column.name}: {facts}" if facts else column.name,
            options=options,
            value=name or _NONE,
            searchable=True,
            dropdown_height=320,
            **look,
        )

    def _done(self, settings: Mapping[str, Any]) -> None:
        parameters = {parameter.name: parameter for parameter in self._kind.parameters}
        changed: dict[str, Any] = {}
        for name, field in self._fields.items():
            if name not in parameters:
                changed[name] = "" if field.value == _NONE else field.value
                continue
            try:
                changed[name] = checked_value(parameters[name], field)
            except InvalidInputError:  # the field shows the problem
                return
        answers = {key: field.value for key, field in self._questions.items() if field.value != _NONE}
        if answers:
            changed = {"answers": {**settings.get("answers", {}), **answers}}
        self._on_done({**settings, **changed})
