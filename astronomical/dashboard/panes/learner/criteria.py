"""Form for criteria: conditions on columns, notes, tags and flags, joined by AND."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, ClassVar

import param
from panel.custom import JSComponent

from astronomical.catalogue.catalogue import Catalogue
from astronomical.catalogue.criteria import NUMBER_OPERATORS, operators_for
from astronomical.config.errors import naming_input
from astronomical.config.schema import CriterionConfig
from astronomical.dashboard.ui.styles import BASE_STYLE
from astronomical.errors import InvalidInputError
from astronomical.session.labelling.criteria import REMARK_OPERATORS

__all__ = ["CriteriaForm", "subjects_of"]

_REMARKS = {"note": "its note", "tag": "its tags", "flag": "its flag"}
_WORDS = {
    "note": {"missing": "is absent", "not missing": "is present"},
    "tag": {"is": "has", "is not": "does not have", "missing": "are absent", "not missing": "are present"},
    "flag": {"not missing": "is set", "missing": "is not set"},
}


class CriteriaForm(JSComponent):
    """One line for each condition, and the number of sources that meet all of them.

    Parameters
    ----------
    on_change
        Called with the new criteria after each change.
    """

    subjects = param.List(
        default=[],
        item_type=dict,
        doc="""
        Subjects of conditions: value, text, about, column, operators, their texts, and whether it is a number.""",
    )
    criteria = param.List(default=[], item_type=dict, doc="The criteria, as `CriterionConfig` dumps them.")
    count = param.Dict(default={"text": "", "kind": ""}, doc="Text about the number of sources, and its kind.")

    _esm = Path(__file__).with_name("criteria.js")
    _stylesheets: ClassVar[list[str]] = [
        BASE_STYLE,
        """
    .lines { display: grid; gap: 5px; }
    .line { display: flex; align-items: center; gap: 5px; min-width: 0; }
    .line > * { height: 26px; }
    .line > span { line-height: 26px; }
    .and { width: 40px; line-height: 26px; font-size: 12px; color: var(--mui-palette-text-secondary, #666); }
    .what { flex: 1 1 120px; min-width: 60px; }
    .line input { flex: 1 1 60px; min-width: 44px; width: 60px; cursor: text; padding: 0 6px; }
    .line input[aria-invalid=true] { border-color: var(--mui-palette-error-main, #d32f2f); }
    .remove { flex: none; width: 26px; padding: 0; font-size: 16px; line-height: 1; }
    .foot { display: flex; align-items: center; gap: 10px; margin-top: 6px; flex-wrap: wrap; }
    .add { height: 26px; font-size: 12px; }
    .count { font-size: 12.5px; font-variant-numeric: tabular-nums; overflow-wrap: anywhere; }
    .count[data-kind=error] { color: var(--mui-palette-error-main, #d32f2f); }
    """,
    ]

    def __init__(self, on_change: Callable[[list[CriterionConfig]], None], **params: Any) -> None:
        super().__init__(**{"margin": 0, "sizing_mode": "stretch_width", **params})
        self._on_change = on_change

    def _handle_msg(self, msg: dict[str, Any]) -> None:
        try:
            with naming_input("The condition"):
                criteria = [CriterionConfig.model_validate(item) for item in msg["criteria"]]
        except InvalidInputError as error:
            self.count = {"text": str(error), "kind": "error"}
            return
        self._on_change(criteria)


def subjects_of(catalogue: Catalogue) -> list[dict[str, Any]]:
    """Return what conditions on the sources of a catalogue can be about."""
    columns = [
        {
            "value": f"column:{column.name}",
            "about": "column",
            "column": column.name,
            "operators": list(operators),
            "text": f"{column.name} ({column.unit})" if column.unit else column.name,
            "numeric": operators == NUMBER_OPERATORS,
        }
        for column in catalogue.columns
        if (operators := operators_for(catalogue, column.name))
    ]
    remarks = [
        {
            "value": about,
            "text": text,
            "about": about,
            "column": None,
            "words": _WORDS[about],
            "operators": list(REMARK_OPERATORS[about]),
            "numeric": False,
        }
        for about, text in _REMARKS.items()
    ]
    return columns + remarks
