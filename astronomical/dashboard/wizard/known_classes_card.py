"""Card of the wizard that makes a label column from catalogues of known classes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import panel as pn
import panel_material_ui as pmui

from astronomical.dashboard.ui.components import Message, hint, row, section, words_for
from astronomical.dashboard.ui.stoppable import StoppableProgress
from astronomical.dashboard.ui.styles import PLAIN_NUMBER
from astronomical.errors import explain
from astronomical.services.archives.class_catalogues import CATALOGUES, SCHEMES, class_catalogues
from astronomical.services.transfer import FetchError
from astronomical.setup.class_types import CatalogueType, class_of_types
from astronomical.setup.known_classes import ClassMatches, Positions, label_sources
from astronomical.setup.label_known_classes import find_for_table, with_known_classes

if TYPE_CHECKING:
    from astronomical.dashboard.wizard.wizard import Wizard

__all__ = ["KnownClassesCard"]

_EXPLAIN = (
    "Optional. Objects of known type near the sources give a label column. The X-Match service of the CDS receives the "
    "positions, and nothing else."
)
_NEEDS = "This needs columns of right ascension and declination, which were not recognised in this table."
_TYPES = (
    "The types that were found, with the number of matches. Change the class of a type; without one, it is ignored."
)
#: Maximum number of types with a field.
_MOST_TYPES = 40


class KnownClassesCard:
    """Card that finds known classes.

    Parameters
    ----------
    wizard
        The wizard whose table gets the label column.

    Attributes
    ----------
    view
        Panel object to show; it is visible if there is a table.
    """

    def __init__(self, wizard: Wizard) -> None:
        self.wizard = wizard
        self._found: tuple[Positions, ClassMatches] | None = None
        titles = {item.title: key for key, item in CATALOGUES.items()}
        self.catalogues = pmui.MultiChoice(
            label="Catalogues of classes",
            options=titles,
            value=["simbad"],
            size=None,
            margin=(9, 10, 5, 10),
            sizing_mode="stretch_width",
        )
        self.radius = pmui.FloatInput(
            label="Radius (arcsec)", value=1.0, start=0.01, end=180, size="small", width=130, sx=PLAIN_NUMBER
        )
        self.scheme = pmui.Select(
            label="Classes",
            options={title: key for key, title in SCHEMES.items()},
            value="kinds",
            size="small",
            width=220,
        )
        self.find = pmui.Button(label="Find", variant="outlined", margin=(7, 10), on_click=self._on_find)
        self.add = pmui.Button(
            label="Add the label column", variant="contained", margin=(7, 10), visible=False, on_click=self._on_add
        )
        self.fields: dict[CatalogueType, pmui.TextInput] = {}
        self._types = pn.FlexBox(sizing_mode="stretch_width", margin=(4, 0), gap="4px 12px")
        self.message, self.progress = Message(severity="info"), StoppableProgress()
        self._needs = hint(_NEEDS, visible=False)
        self._questions = pn.Column(
            row(self.catalogues, self.radius, self.scheme, self.find, self.progress.stop),
            sizing_mode="stretch_width",
            margin=0,
        )
        self.view = section(
            "Find known classes",
            self._needs,
            self._questions,
            self.progress.view,
            self.message.view,
            self._types,
            self.add,
            explain=_EXPLAIN,
            visible=False,
        )
        self.scheme.param.watch(self._on_scheme, "value")

    def show(self) -> None:
        """Show the fields for the current table."""
        table = self.wizard.draft.table
        self.view.visible = table is not None
        placed = None not in self.wizard.draft.position
        self._needs.visible, self._questions.visible = not placed, placed
        self._forget()
        self.message.show("")

    def _forget(self) -> None:
        self._found, self.fields = None, {}
        self._types.objects = []
        self.add.visible = False

    async def _on_find(self, _: Any) -> None:
        if self.wizard.draft.table is None or self.wizard.working:
            return
        self._forget()
        keys, radius = list(self.catalogues.value), float(self.radius.value or 0)
        said, cancelled = self.progress.begin("Finding known classes")

        def work() -> tuple[Positions, ClassMatches]:
            return find_for_table(self.wizard.draft, class_catalogues(keys), radius, progress=said, cancelled=cancelled)

        found, error = await self.wizard.work("Finding known classes", work)
        self.progress.end()
        if error is None:
            self._found = found
            await self._show_types()
        elif self.progress.is_stopped:
            self.message.show("Stopped.", "info")
        else:
            failed = isinstance(error, FetchError)
            self.message.show(explain(error) if failed else words_for(error, "Finding known classes"), "error")
        self.wizard.refresh()

    async def _on_scheme(self, _: Any) -> None:
        await self._show_types()

    async def _show_types(self) -> None:
        """Show a field for the class of each type, with the default class."""
        if self._found is None:
            return
        counts = self._found[1].counts
        shown = dict(list(class_of_types(counts, self.scheme.value).items())[:_MOST_TYPES])
        self.fields = {
            item: pmui.TextInput(
                label=f"{CATALOGUES[item[0]].title} {item[1]} ({counts[item]:,})", value=name, size="small", width=250
            )
            for item, name in shown.items()
        }
        for field in self.fields.values():
            field.param.watch(self._on_class, "value")
        rarer = len(counts) - len(self.fields)
        more = f" {rarer:,} rarer types have their usual classes." if rarer else ""
        self._types.objects = [hint(_TYPES + more), *self.fields.values()] if counts else []
        await self._show_summary()

    async def _on_class(self, _: Any) -> None:
        await self._show_summary()

    def _classes(self, counts: ClassMatches) -> dict[CatalogueType, str]:
        given = {item: str(field.value).strip() for item, field in self.fields.items()}
        return class_of_types(counts.counts, self.scheme.value, given)

    async def _show_summary(self) -> None:
        """Show the numbers of sources with the current classes."""
        if self._found is None:
            return
        positions, found = self._found
        classes = self._classes(found)
        made, error = await self.wizard.work(
            "Counting the classes", label_sources, positions.n_rows, found.matches, classes
        )
        if error is not None or self._found is None or classes != self._classes(found):
            return  # another change is counted
        self.add.visible = bool(made.n_known)
        self.message.show(made.summary, "success" if self.add.visible else "warning")
        self.wizard.refresh()

    async def _on_add(self, _: Any) -> None:
        if self._found is None or self.wizard.working:
            return
        positions, found = self._found
        classes = self._classes(found)
        made, error = await self.wizard.work(
            "Adding the label column", lambda: with_known_classes(self.wizard.draft, positions, found, classes)
        )
        if error is not None:
            self.message.show(self.wizard.words, "error")
            return
        self.wizard.draft.use_table(made.table, uploaded=self.wizard.draft.uploaded)
        self.wizard.draft.set_labels(made.labels)
        await self.wizard.data.table_changed()
        self.message.show(f"{made.summary} Written to {made.path}.", "success")
