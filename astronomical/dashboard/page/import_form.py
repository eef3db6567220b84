"""Form of the settings that imports labels from a table, after a summary of what would be recorded."""

from __future__ import annotations

from typing import Any

import panel as pn
import panel_material_ui as pmui

from astronomical.catalogue.readers import SUFFIXES
from astronomical.dashboard.panes.learner.result_parts import paragraphs, result_text
from astronomical.dashboard.ui.components import Message, hint, row, section
from astronomical.dashboard.ui.file_browser import FileBrowser
from astronomical.dashboard.ui.session_view import SessionView
from astronomical.errors import InvalidInputError, explain
from astronomical.paths import local_path
from astronomical.session import Session
from astronomical.session.labelling.imports import ImportPlan, import_lines
from astronomical.session.labelling.label_tables import IGNORED

__all__ = ["ImportForm"]

_EXPLAIN = (
    "Record the labels of a table, in any format of a catalogue: an id and a label in each row, and if known the "
    "annotator and the time. A summary is shown before anything is recorded."
)
_ROLES = {"id": "Ids", "label": "Labels", "who": "Annotators", "when": "Times"}
_NO_COLUMN, _UNKNOWN, _IGNORE = "none", "choose …", "ignore these rows"
#: Maximum number of texts for which a class can be chosen; tables with more need another label column.
_MOST_TEXTS = 40


class ImportForm(SessionView):
    """Choose a table of labels and what its columns and texts mean, show a summary, and import the labels.

    Parameters
    ----------
    session
        The project.

    Attributes
    ----------
    view
        The form.
    """

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self._planning = self.latest()
        self._filling = False
        self._plan: ImportPlan | None = None
        self._meant: dict[str, pmui.Select] = {}
        wide: dict[str, Any] = {"size": "small", "sizing_mode": "stretch_width"}
        self._path = pmui.TextInput(label="Table of labels", placeholder="labels.fits; press Enter", **wide)
        self._browser = FileBrowser(lambda path: self._path.param.update(value=str(path)), SUFFIXES)
        browse = pmui.Button(label="Browse…", variant="outlined", size="small", margin=(9, 10))
        browse.on_click(lambda _: self._browser.toggle())
        self._columns = {role: pmui.Select(label=title, **wide) for role, title in _ROLES.items()}
        self._annotator = pmui.TextInput(label="Annotator", placeholder="you", **wide)
        self._train = pmui.MultiChoice(label="Learners that train on them", sizing_mode="stretch_width")
        self._texts = pn.Column(sizing_mode="stretch_width", margin=0)
        self._summary = result_text()
        self._message = Message()
        self._go = pmui.Button(label="Import", variant="contained", margin=(6, 10), on_click=lambda _: self._import())
        self._fields = pn.Column(
            row(self._columns["id"], self._columns["label"]),
            row(self._columns["who"], self._columns["when"]),
            row(self._annotator, self._train),
            self._texts,
            self._summary,
            self._go,
            visible=False,
            sizing_mode="stretch_width",
            margin=0,
        )
        self.view: Any = section(
            "Import labels",
            row(self._path, browse),
            self._browser.view,
            self._message.view,
            self._fields,
            explain=_EXPLAIN,
        )
        self._path.param.watch(lambda _: self._read(), "value")
        for widget in (*self._columns.values(), self._annotator, self._train):
            widget.param.watch(lambda _: self._choose(), "value")

    def open(self) -> None:
        """Show an empty form."""
        self._filling = True
        learners = self.session.state.config.learners
        self._train.param.update(
            options={self.session.state.config.shown(item.class_name): item.class_name for item in learners}, value=[]
        )
        self._path.value = self._annotator.value = ""
        self._fields.visible = self._browser.view.visible = False
        self._message.show("")
        self._filling = False

    def _read(self) -> None:
        """Read another table, with the usual meaning of its columns and texts."""
        if not self._filling and self._path.value.strip():
            self._replan({}, {})

    def _choose(self) -> None:
        """Show what the import would do with the chosen columns and classes."""
        if self._filling or not self._fields.visible:
            return
        columns = {role: field.value for role, field in self._columns.items() if field.value != _NO_COLUMN}
        if self._plan is not None:  # else what is not chosen is still looked for
            columns = {"who": "", "when": "", **columns}
        same = self._plan is not None and columns.get("label") == self._plan.table.columns.label
        chosen = {text: field.value for text, field in self._meant.items() if field.value != _UNKNOWN} if same else {}
        self._replan(columns, {text: IGNORED if name == _IGNORE else name for text, name in chosen.items()})

    def _replan(self, columns: dict[str, str], classes: dict[str, str]) -> None:
        text, annotator = self._path.value.strip(), self._annotator.value.strip()
        train, imports = tuple(self._train.value), self.session.imports

        def work() -> tuple[tuple[str, ...], ImportPlan | InvalidInputError]:
            path = self.session.path.parent / local_path(text)
            names = imports.columns(path)
            try:
                return names, imports.plan(path, columns=columns, classes=classes, annotator=annotator, train=train)
            except InvalidInputError as error:  # choose other columns
                return names, error

        self._planning.run(work, self._arrived, self._fail)

    def _arrived(self, found: tuple[tuple[str, ...], ImportPlan | InvalidInputError]) -> None:
        names, plan = found
        self._filling = True
        known = None if isinstance(plan, InvalidInputError) else plan
        for role, field in self._columns.items():
            value = field.value if known is None else getattr(known.table.columns, role)
            field.param.update(options=[_NO_COLUMN, *names], value=value if value in names else _NO_COLUMN)
        self._fields.visible = True
        self._filling = False
        if isinstance(plan, InvalidInputError):
            self._fail(plan)
        else:
            self._show(plan)

    def _fail(self, error: BaseException) -> None:
        self._message.show(explain(error), "error")
        self._plan, self._meant, self._texts.objects, self._summary.object = None, {}, [], ""
        self._go.disabled = True

    def _show(self, plan: ImportPlan) -> None:
        self._plan = plan
        self._message.show("")
        self._annotator.visible = not plan.table.columns.who
        self._show_texts(plan)
        lines = [*import_lines(plan), *([plan.problem] if plan.problem else [])]
        self._summary.object = paragraphs(lines)
        self._go.disabled = bool(plan.problem)

    def _show_texts(self, plan: ImportPlan) -> None:
        """Show a choice of the class for each text, unless all of them are shown already."""
        table, config = plan.table, self.session.state.config
        texts = list(table.classes)[:_MOST_TEXTS]
        values = {text: table.classes[text] for text in texts}
        if list(self._meant) == texts:
            return
        options = {_UNKNOWN: _UNKNOWN, **{title: name for name, title in config.shown_names.items()}, _IGNORE: _IGNORE}
        self._meant = {
            text: pmui.Select(
                label=f"{text} ({table.counts[text]:,})",
                options=options,
                value=_UNKNOWN if name is None else name or _IGNORE,
                size="small",
                sizing_mode="stretch_width",
            )
            for text, name in values.items()
        }
        for field in self._meant.values():
            field.param.watch(lambda _: self._choose(), "value")
        fields = list(self._meant.values())
        more = len(table.classes) - len(texts)
        self._texts.objects = [
            *(row(*fields[start : start + 3]) for start in range(0, len(fields), 3)),
            *([hint(f"{more:,} more different labels are not listed.")] if more > 0 else []),
        ]

    def _import(self) -> None:
        plan = self._plan
        if plan is None:
            return

        def imported(n: int) -> None:
            self._fields.visible, self._plan, self._meant = False, None, {}
            self._message.show(f"{n:,} labels imported. Undo reverts all of them.", "success")

        try:
            self._go.disabled = True
            self.session.imports.record_async(plan, imported)
        except Exception as error:
            self._fail(error)
