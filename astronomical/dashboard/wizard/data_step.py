"""Step 1 of the wizard: choose the catalogue and the project file."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import panel as pn
import panel_material_ui as pmui

from astronomical.catalogue.errors import HeaderChoiceError, TableChoiceError
from astronomical.catalogue.readers import SUFFIXES, ColumnInfo, has_parts
from astronomical.dashboard.ui.components import Message, hint, plain_table, row, section, set_hint
from astronomical.dashboard.ui.file_browser import FileBrowser
from astronomical.dashboard.ui.safe_text import Html
from astronomical.dashboard.ui.styles import PLAIN_NUMBER
from astronomical.dashboard.ui.upload import MAX_BYTES, upload_button
from astronomical.dashboard.wizard.header_question import header_buttons, header_question
from astronomical.dashboard.wizard.join_card import JoinCard
from astronomical.dashboard.wizard.known_classes_card import KnownClassesCard
from astronomical.dashboard.wizard.virtual_card import VirtualCard
from astronomical.errors import AstronomicalError
from astronomical.setup.create import plain_name
from astronomical.setup.rules import Issue
from astronomical.setup.table_preview import read_table, resolve

if TYPE_CHECKING:
    from astronomical.dashboard.wizard.wizard import Wizard

__all__ = ["DataStep", "table_of_columns"]

_KINDS = {"float": "numbers", "integer": "integers", "text": "text", "bool": "true/false", "vector": "vectors"}


class DataStep:
    """Fields for the catalogue and the project file."""

    def __init__(self, wizard: Wizard) -> None:
        self.wizard = wizard
        self._folder: tempfile.TemporaryDirectory[str] | None = None
        self._pending: tuple[Path, bool] | None = None
        self.path = pmui.TextInput(
            label="Catalogue file",
            placeholder="~/catalogues/my_sources.fits",
            size="small",
            helper_text="FITS, VOTable, CSV and other text, Parquet, HDF5 and more, or a folder of Parquet files, on "
            "the computer that runs astronomical. Press Enter to read it.",
            sizing_mode="stretch_width",
        )
        self.read = pmui.Button(label="Read", variant="contained", margin=(7, 10))
        self.browse = pmui.Button(
            label="Browse…",
            variant="outlined",
            margin=(7, 4),
            description="Browse files on the computer that runs astronomical",
        )
        self.browser = FileBrowser(self._on_file, SUFFIXES, has_parts)
        self.upload = upload_button(
            self._on_upload, accept=",".join(SUFFIXES), label="Or upload a file, up to 100 MB (click or drop)"
        )
        self.choice = pmui.Select(
            label="Table",
            options={},
            value=None,
            size="small",
            visible=False,
            helper_text="The file has several tables.",
            sizing_mode="stretch_width",
        )
        self.header = header_buttons(self._on_header)
        self.join = JoinCard(wizard)
        self.virtual = VirtualCard(wizard)
        self.known_classes = KnownClassesCard(wizard)
        self.error = Message()
        self.summary = pn.Column(sizing_mode="stretch_width", margin=0)
        self.title = pmui.TextInput(
            label="Title",
            size="small",
            sizing_mode="stretch_width",
            description="Shown at the top of the dashboard. It can be changed later.",
        )
        self.project = pmui.TextInput(label="Project file", size="small", sizing_mode="stretch_width")
        self.in_memory = pmui.IntInput(
            label="Sources in memory",
            placeholder="all",
            value=None,
            step=100_000,
            size="small",
            sizing_mode="stretch_width",
            sx=PLAIN_NUMBER,
            description="You label, train and plot these. They are drawn by a hash of their ids. Empty: all.",
        )
        self.memory, self.memory_error = hint(""), Message()
        self.working_set = section(
            "Working set",
            row(self.in_memory),
            self.memory,
            self.memory_error.view,
            visible=False,
            explain="This catalogue is large. Keep a random part of it in memory, and predict the others later.",
        )
        self.place = section(
            "Project",
            row(self.title),
            row(self.project),
            visible=False,
            explain="Your labels and settings are saved in one file. The catalogue is not moved.",
        )
        self.view = pn.Column(
            section(
                "Catalogue",
                row(self.path, self.browse, self.read),
                self.browser.view,
                self.upload,
                self.choice,
                self.error.view,
                self.header,
                self.summary,
            ),
            self.join.view,
            self.virtual.view,
            self.known_classes.view,
            self.working_set,
            self.place,
            sizing_mode="stretch_width",
            margin=0,
        )
        self.path.param.watch(self._on_path, "value")
        self.path.param.watch(self._on_path, "enter_pressed")
        self.read.on_click(self._on_path)
        self.browse.on_click(lambda _: self.browser.toggle())
        self.choice.param.watch(self._on_choice, "value")
        self.in_memory.param.watch(self._on_in_memory, "value")
        self.title.param.watch(self._on_title, "value")
        self.project.param.watch(self._on_project, "value")
        self.project.param.watch(self._on_project, "value_input")

    def refresh(self) -> None:
        """Show the problems, and keep the typed text."""
        issues = {issue.field: issue for issue in self.wizard.draft.issues("data")}
        self._show_memory(issues.get("working_set"))
        issue = issues.get("project")
        shown = "A .yaml or .json file. Missing folders are created." if issue is None else issue.text
        self.project.param.update(error_state=issue is not None, helper_text=shown)

    def _show_memory(self, issue: Issue | None) -> None:
        """Show how much memory the sources of a large catalogue take."""
        draft = self.wizard.draft
        self.working_set.visible = draft.table is not None and draft.table.is_large
        if draft.table is not None and draft.table.is_large:
            set_hint(self.memory, draft.table.memory_text(draft.working_set))
            self.memory_error.show("" if issue is None else issue.text)

    def clean_up(self) -> None:
        """Remove the uploaded file."""
        if self._folder is not None:
            self._folder.cleanup()
            self._folder = None

    async def _on_path(self, event: Any) -> None:
        text = self.path.value_input or self.path.value
        if not text.strip() or self.wizard.working:
            return
        try:
            path = resolve(text)
        except AstronomicalError as error:
            self.error.show(str(error))
            return
        table = self.wizard.draft.table
        if event.name == "value" and table is not None and table.path == path:
            return
        await self._read(path, uploaded=False)

    def _on_file(self, path: Path) -> None:
        self.path.value = str(path)  # starts reading, as if it had been typed

    def _on_upload(self, name: str, content: bytes) -> None:
        if len(content) > MAX_BYTES:
            self.error.show(
                f"{name} is larger than 100 MB. Copy it to the computer that runs astronomical and type its path."
            )
            return
        old, self._folder = self._folder, tempfile.TemporaryDirectory(prefix="astronomical-upload-")
        path = Path(self._folder.name).resolve() / plain_name(name, "catalogue.csv")
        pn.state.execute(partial(self._keep, path, content, old))

    async def _keep(self, path: Path, content: bytes, old: tempfile.TemporaryDirectory[str] | None) -> None:
        await self.wizard.work("Storing the upload", path.write_bytes, content)
        await self._read(path, uploaded=True)
        if old is not None and self.wizard.draft.table is not None and self.wizard.draft.table.path == path:
            old.cleanup()

    async def _on_choice(self, event: Any) -> None:
        if event.new is not None and self._pending is not None:
            await self._read(*self._pending, name=event.new)

    async def _on_header(self, format: str, _: Any) -> None:
        if self._pending is not None:
            await self._read(*self._pending, format=format)

    async def _read(self, path: Path, uploaded: bool, name: str | None = None, format: str | None = None) -> None:
        if format is None:
            self.header.visible = False
        if name is None and format is None:
            self._pending = (path, uploaded)
            self.choice.param.update(visible=False, options={}, value=None)
        self.error.show("")
        with self.wizard.busy(f"Reading {path.name} …"):
            await self._read_and_prepare(path, uploaded, name, format)
        self.wizard.refresh()

    async def _read_and_prepare(self, path: Path, uploaded: bool, name: str | None, format: str | None) -> None:
        read = partial(read_table, path, name, format=format)
        table, error = await self.wizard.work(f"Reading {path.name}", read)
        if isinstance(error, TableChoiceError):
            self.error.show(f"{path.name} has {len(error.tables)} tables. Choose one.", "info")
            options = {"Choose a table": None, **dict(zip(error.descriptions, error.tables, strict=True))}
            self.choice.param.update(options=options, value=None, visible=True)
        elif isinstance(error, HeaderChoiceError):
            self.error.show(header_question(path, error), "info")
            self.header.visible = True
        elif error is not None:
            self.error.show(self.wizard.words, "error")
        else:
            self.wizard.draft.use_table(table, uploaded=uploaded)
            await self.table_changed()

    async def table_changed(self) -> None:
        """Show the table, and prepare the fields that depend on it."""
        self._show_table()
        self.join.show()
        self.virtual.show()
        self.known_classes.show()
        await self.wizard.after_table()
        self.wizard.refresh()

    def _show_table(self) -> None:
        draft = self.wizard.draft
        table = draft.table
        if table is None:
            return
        kinds = [column.kind for column in table.columns]
        parts = ", ".join(f"{kinds.count(kind)} of {name}" for kind, name in _KINDS.items() if kind in kinds)
        facts = f"{table.path.name}: {table.n_rows:,} rows, {len(kinds):,} columns ({parts})."
        if table.rows.vectors:
            facts += f" Vectors can be used as features: {', '.join(table.rows.vectors)}."
        if kinds.count("vector") > len(table.rows.vectors):
            facts += " Vectors that differ in length, or are not numbers, cannot be used."
        shown = hint("")
        set_hint(shown, facts)
        notes = [Message(text, "warning").view for text in table.notes]
        self.summary.objects = [shown, *notes, table_of_columns(table.columns, table.examples)]
        self.place.visible = True
        self.title.value, self.project.value = draft.title, draft.project
        self.in_memory.value = draft.working_set

    async def _on_in_memory(self, event: Any) -> None:
        draft = self.wizard.draft
        if event.new != draft.working_set:
            draft.working_set = event.new
            await self.wizard.columns.check()

    def _on_title(self, event: Any) -> None:
        self.wizard.draft.title = event.new
        self.wizard.refresh()

    def _on_project(self, event: Any) -> None:
        self.wizard.draft.project = event.new or ""
        self.wizard.refresh()


def table_of_columns(columns: Sequence[ColumnInfo], examples: Mapping[str, str]) -> Html:
    """Return the columns with name, kind, first values and, if the file has them, unit and description."""
    texts = {
        "Column": [column.name for column in columns],
        "Type": [_KINDS[column.kind] for column in columns],
        "First values": [examples.get(column.name, "") for column in columns],
        "Unit": [column.unit for column in columns],
        "Description": [column.description for column in columns],
    }
    filled = {title: cells for title, cells in texts.items() if any(cells)}
    return plain_table(tuple(filled), zip(*filled.values(), strict=True), max_height=230)
