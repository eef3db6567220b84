"""Add columns from another catalogue: choose the table, match its rows, and check the result."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import panel as pn
import panel_material_ui as pmui

from astronomical.catalogue.errors import HeaderChoiceError, TableChoiceError
from astronomical.config.errors import naming_input
from astronomical.config.schema import JoinConfig
from astronomical.dashboard.ui.components import Message, hint, row, section
from astronomical.dashboard.ui.styles import PLAIN_NUMBER
from astronomical.dashboard.wizard.header_question import header_buttons, header_question
from astronomical.errors import AstronomicalError
from astronomical.setup.joins import JoinTrial, OtherTable, default_suffix, read_other, try_join
from astronomical.setup.table_preview import resolve

if TYPE_CHECKING:
    from astronomical.dashboard.wizard.wizard import Wizard

__all__ = ["JoinCard"]

_EXPLAIN = (
    "Optional. Columns of a second catalogue are added to this one. Their values are missing where a source has "
    "no counterpart. The project remembers how the catalogues were matched."
)


class JoinCard:
    """Card that adds columns of a second catalogue.

    Parameters
    ----------
    wizard
        The wizard whose table gets the columns.

    Attributes
    ----------
    view
        Panel object to show; it is visible if there is a table.
    """

    def __init__(self, wizard: Wizard) -> None:
        self.wizard = wizard
        self._other: OtherTable | None = None
        self._trial: JoinTrial | None = None
        self.path = pmui.TextInput(
            label="Other catalogue",
            size="small",
            sizing_mode="stretch_width",
            helper_text="A file on the computer that runs astronomical. Press Enter to read it.",
        )
        self.choice = pmui.Select(
            label="Table in the file", options={}, size="small", visible=False, sizing_mode="stretch_width"
        )
        self.header = header_buttons(self._on_header)
        self.by = pmui.Select(
            label="Match rows by",
            options={"position on the sky": "position", "a column": "id", "their order: row by row": "row"},
            value="position",
            size="small",
            sizing_mode="stretch_width",
        )
        self.radius = pmui.FloatInput(
            label="Radius (arcsec)",
            value=1.0,
            start=0.001,
            end=3600,
            size="small",
            sizing_mode="stretch_width",
            sx=PLAIN_NUMBER,
        )
        self.match = pmui.Select(
            label="Pairs",
            size="small",
            sizing_mode="stretch_width",
            options={"mutual nearest neighbours": "best", "nearest neighbour of each source": "all"},
            value="best",
        )
        self.key = pmui.Select(label="Column in this catalogue", options=[], size="small", sizing_mode="stretch_width")
        self.there = pmui.Select(
            label="Column in the other catalogue", options=[], size="small", sizing_mode="stretch_width"
        )
        self.columns = pmui.MultiChoice(
            label="Columns to add",
            options=[],
            value=[],
            sizing_mode="stretch_width",
            description="Leave empty to add all of them.",
        )
        self.suffix = pmui.TextInput(label="Suffix for their names", size="small", sizing_mode="stretch_width")
        self.find = pmui.Button(label="Match", variant="outlined", margin=(7, 10), on_click=self._on_match)
        self.add = pmui.Button(
            label="Add these columns", variant="contained", margin=(7, 10), disabled=True, on_click=self._on_add
        )
        self.message = Message(severity="info")
        self.added = pn.Column(sizing_mode="stretch_width", margin=0)
        self._questions = pn.Column(
            row(self.by, self.radius, self.match, self.key, self.there),
            row(self.columns, self.suffix, self.find, self.add),
            visible=False,
            sizing_mode="stretch_width",
            margin=0,
        )
        self.view = section(
            "Add columns from another catalogue",
            self.added,
            row(self.path),
            self.choice,
            self._questions,
            self.message.view,
            self.header,
            explain=_EXPLAIN,
            visible=False,
        )
        self.path.param.watch(self._on_path, "enter_pressed")
        self.choice.param.watch(self._on_choice, "value")
        self.by.param.watch(lambda _: self._show_questions(), "value")
        for widget in (self.by, self.radius, self.match, self.key, self.there, self.columns, self.suffix):
            widget.param.watch(lambda _: self._forget_trial(), "value")

    def show(self) -> None:
        """Show the columns that were added to the table."""
        table = self.wizard.draft.table
        self.view.visible = table is not None
        joins = () if table is None else table.joins
        self.added.objects = [self._line(place, join) for place, join in enumerate(joins)]

    def _line(self, place: int, join: JoinConfig) -> pn.Row:
        how = {
            "position": f"within {join.radius_arcsec:g} arcsec",
            "id": f"by {join.key} = {join.id}",
            "row": "row by row",
        }[join.by]
        columns = f"{len(join.columns)} columns" if join.columns else "all columns"
        button = pmui.Button(
            label="Remove", variant="text", size="small", color="default", on_click=partial(self._on_remove, place)
        )
        return row(hint(f"{columns} of {join.path}, matched {how}", align="center"), button)

    async def _on_path(self, _: Any) -> None:
        if (self.path.value_input or self.path.value or "").strip():
            self.choice.param.update(visible=False, options={}, value=None)
            await self._read(None)

    async def _on_choice(self, event: Any) -> None:
        if event.new is not None:
            await self._read(event.new)

    async def _on_header(self, format: str, _: Any) -> None:
        if not self.wizard.working:
            await self._read(self.choice.value, format)

    async def _read(self, name: str | None, format: str | None = None) -> None:
        self.header.visible = False
        try:
            path = resolve(self.path.value_input or self.path.value)
        except AstronomicalError as refused:
            self.message.show(str(refused))
            return
        other, error = await self.wizard.work(f"Reading {path.name}", read_other, path, name, format)
        if isinstance(error, TableChoiceError):
            options = {"Choose a table": None, **dict(zip(error.descriptions, error.tables, strict=True))}
            self.choice.param.update(options=options, value=None, visible=True)
            self.message.show(f"{path.name} has {len(error.tables)} tables. Choose one.", "info")
        elif isinstance(error, HeaderChoiceError):
            self.message.show(header_question(path, error), "info")
            self.header.visible = True
        elif error is not None:
            self.message.show(self.wizard.words, "error")
        else:
            self._take(other)
        self.wizard.refresh()

    def _take(self, other: OtherTable) -> None:
        table = self.wizard.draft.table
        if table is None:
            return
        self._other = other
        here = list(table.readable)
        self.key.param.update(options=here, value=self.wizard.draft.id_column or (here[0] if here else None))
        same = next((name for name in other.readable if name == self.key.value), None)
        self.there.param.update(options=list(other.readable), value=same or other.likely_id)
        self.columns.param.update(options=list(other.columns), value=[])
        self.suffix.value = default_suffix(table, other.columns)
        by_position = other.position is not None and None not in self.wizard.draft.position
        self.by.value = "position" if by_position else "id" if other.readable else "row"
        self._show_questions()
        n = len(other.columns)
        plural = "" if n == 1 else "s"
        self.message.show(f"{other.path.name}: {other.n_rows:,} rows, {n} column{plural} that can be added.", "info")

    def _show_questions(self) -> None:
        self.radius.visible = self.match.visible = self.by.value == "position"
        self.key.visible = self.there.visible = self.by.value == "id"
        self._questions.visible = self._other is not None

    def _forget_trial(self) -> None:
        self._trial, self.add.disabled = None, True

    def _join(self, other: OtherTable) -> JoinConfig:
        how = {
            "position": {"by": "position", "radius_arcsec": self.radius.value, "match": self.match.value},
            "id": {"by": "id", "id": self.there.value, "key": self.key.value},
            "row": {"by": "row"},
        }[self.by.value]
        with naming_input("The columns to add"):
            return JoinConfig.model_validate(
                {
                    "path": str(other.path),
                    "table": other.name,
                    "format": other.format,
                    "columns": tuple(self.columns.value),
                    "suffix": self.suffix.value.strip(),
                    **how,
                }
            )

    async def _on_match(self, _: Any) -> None:
        if self._other is None or self.wizard.draft.table is None or self.wizard.working:
            return
        trial, error = await self.wizard.work("Matching", lambda: try_join(self.wizard.draft, self._join(self._other)))  # type: ignore[arg-type]
        if error is not None:
            self.message.show(self.wizard.words, "error")
        else:
            self._trial, self.add.disabled = trial, False
            self.message.show(f"{trial.match}. {trial.meaning}", "success" if trial.match.n_matched else "warning")
        self.wizard.refresh()

    async def _on_add(self, _: Any) -> None:
        if self._trial is None:
            return
        self.wizard.draft.use_table(self._trial.table, uploaded=self.wizard.draft.uploaded)
        self._other = None
        self._forget_trial()
        self._questions.visible = False
        self.path.value = ""
        self.message.show("")
        await self.wizard.data.table_changed()

    async def _on_remove(self, place: int, _: Any) -> None:
        table = self.wizard.draft.table
        if table is None or self.wizard.working:
            return
        joins = tuple(join for number, join in enumerate(table.joins) if number != place)
        trial, error = await self.wizard.work(
            "Reading the catalogue", lambda: try_join(self.wizard.draft, *joins, replace=True)
        )
        if error is not None:
            self.message.show(self.wizard.words, "error")
            return
        self.wizard.draft.use_table(trial.table, uploaded=self.wizard.draft.uploaded)
        await self.wizard.data.table_changed()
