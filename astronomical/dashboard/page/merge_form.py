"""Form of the settings that merges this project with those of other annotators into a new one."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import panel as pn
import panel_material_ui as pmui

from astronomical.config.io import SUFFIXES
from astronomical.dashboard.panes.learner.result_parts import paragraphs, result_text
from astronomical.dashboard.ui.components import Message, row, section
from astronomical.dashboard.ui.file_browser import FileBrowser
from astronomical.dashboard.ui.session_view import SessionView
from astronomical.errors import explain
from astronomical.paths import local_path
from astronomical.session import Session
from astronomical.session.project.union import MergedProjects, merge_lines

__all__ = ["MergeForm"]

_EXPLAIN = (
    "Merge this project with those of other annotators, who labelled the same catalogue, into a new project with all "
    "labels. None of the projects is changed. The settings are those of this project."
)


class MergeForm(SessionView):
    """Choose project files, show what merging them gives, and write the new project.

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
        self._working = self.latest()
        wide: dict[str, Any] = {"size": "small", "sizing_mode": "stretch_width"}
        self._others = pmui.TextAreaInput(
            label="Other project files",
            placeholder="ben.yaml",
            rows=2,
            auto_grow=True,
            helper_text="One on each line.",
            **wide,
        )
        self._browser = FileBrowser(self._add, SUFFIXES)
        browse = pmui.Button(label="Browse…", variant="outlined", size="small", margin=(9, 10))
        browse.on_click(lambda _: self._browser.toggle())
        self._output = pmui.TextInput(label="New project file", **wide)
        self._summary = result_text()
        self._message = Message()
        check = pmui.Button(label="Compare", variant="outlined", on_click=lambda _: self._merge(write=False))
        self._go = pmui.Button(label="Merge", variant="contained", on_click=lambda _: self._merge(write=True))
        self.view: Any = section(
            "Merge projects",
            row(self._others, browse),
            self._browser.view,
            self._output,
            self._summary,
            self._message.view,
            pn.Row(check, self._go, margin=0),
            explain=_EXPLAIN,
        )
        self._others.param.watch(lambda _: self._show_lines([]), "value")

    def open(self) -> None:
        """Show an empty form."""
        path = self.session.path
        self._output.value = str(path.with_name(f"{path.stem}-merged{path.suffix}"))
        self._others.value, self._browser.view.visible = "", False
        self._show_lines([])
        self._message.show("")

    def _add(self, path: Path) -> None:
        self._others.value = "\n".join(filter(None, (self._others.value.strip(), str(path))))

    def _show_lines(self, lines: list[str]) -> None:
        self._summary.object = paragraphs(lines)
        self._go.disabled = not lines

    def _merge(self, *, write: bool) -> None:
        """Compare the projects, or merge them, in a thread."""
        text = self._others.value_input or self._others.value
        output = self._output.value.strip()
        folder, files = self.session.path.parent, self.session.files

        def work() -> MergedProjects:
            others = [folder / local_path(line.strip()) for line in text.splitlines() if line.strip()]
            return files.merge_with(others, folder / local_path(output)) if write else files.plan_merge(others)

        def done(made: MergedProjects) -> None:
            self._show_lines(merge_lines(made))
            said = f"Written to {output}. Close this project and open the new one." if write else ""
            self._message.show(said, "success")
            self._go.disabled = write

        def failed(error: BaseException) -> None:
            self._show_lines([])
            self._message.show(explain(error), "error")

        self._go.disabled = True
        self._message.show("Reading the projects …", "info")
        self._working.run(work, done, failed)
