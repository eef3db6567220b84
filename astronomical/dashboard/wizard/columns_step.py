"""Step 2 of the wizard: what the columns mean."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

import panel as pn
import panel_material_ui as pmui

from astronomical.dashboard.parts import Message, hint, row, section
from astronomical.dashboard.wizard.class_rows import ClassRows
from astronomical.dashboard.wizard.table import check_ids, read_labels

if TYPE_CHECKING:
    from astronomical.dashboard.wizard.view import Wizard

__all__ = ["ColumnsStep"]

_NONE, _NO_LABELS = "(none)", "(none: I name the classes myself)"
_MADE = {"Make one from the position (IAU style)": "position", "Make one from the row number": "row"}
_GROUP = "Values that get one name are one class; press Enter. Names below can be changed one by one, too."
_SEEMS = "Seem to mean missing; press those that do:"
_EVERYWHERE = "{:g} then counts as missing in every column"
_UNITS = {"degrees": "deg", "hours": "hourangle"}


class ColumnsStep:
    """The id, the position, missing values, the labels, and what is shown for a source."""

    def __init__(self, wizard: Wizard) -> None:
        self.wizard = wizard
        self._filling = False
        self.id = pmui.Select(
            label="Id of a source",
            options={},
            size="small",
            sizing_mode="stretch_width",
            description="Labels are kept by this id, so every source needs one of its own.",
        )
        self.id_state = Message(severity="success")
        self.ra = pmui.Select(
            label="Right ascension",
            options={},
            size="small",
            sizing_mode="stretch_width",
            description="ICRS, in degrees, hours or sexagesimal. Needed for cutouts.",
        )
        self.dec = pmui.Select(
            label="Declination", options={}, size="small", sizing_mode="stretch_width"
        )
        self.unit = pmui.Select(label="Unit of right ascension", options=_UNITS, value=None, size="small",
                                sizing_mode="stretch_width", visible=False)
        self.position_error = Message()
        self.missing = pmui.TextInput(
            label="Numbers that mean missing",
            placeholder="-99, -999",
            size="small",
            sizing_mode="stretch_width",
            description="Sentinels, taken out before anything is computed; NaN, blank and infinite always are.",
        )
        self.sentinels = pn.FlexBox(sizing_mode="stretch_width", margin=(0, 10), gap="4px")
        self._proposed: Any = None
        self.label = pmui.Select(
            label="Column of known labels",
            options={},
            size="small",
            sizing_mode="stretch_width",
            description="Classes that are known already, for some or all sources.",
        )
        self.unknown = pmui.TextInput(
            label="Labels that mean unknown", placeholder="UNKNOWN, ?", size="small", sizing_mode="stretch_width",
            helper_text="Besides -1 and blank, which always do.")
        self.names = pmui.TextInput(label="Names of the classes", placeholder="Star, Galaxy, QSO", size="small",
                                    sizing_mode="stretch_width", helper_text="Separated by commas.", visible=False)
        self.picked = pmui.MultiChoice(
            label="Labels that matter",
            options={},
            size=None,
            visible=False,
            sizing_mode="stretch_width",
            helper_text="All others count as unknown.",
        )
        self.group = pmui.TextInput(
            label="Group labels by pattern", placeholder="Galaxy = G*, E*; QSO = QSO*, BL*", size="small",
            sizing_mode="stretch_width", helper_text=_GROUP)
        self.label_state = Message()
        self.classes = ClassRows(self._on_classes)
        self.extra = pmui.MultiChoice(label="Columns shown for a source", options=[],
                                      sizing_mode="stretch_width",
                                      description="Listed beside the images of the source that is to be labelled.")
        self.images = pmui.MultiChoice(label="Columns of images", options=[], sizing_mode="stretch_width",
                                       placeholder="none",
                                       description="Web addresses, or paths of files beside the catalogue.")
        self.view = pn.Column(
            row(
                section("Id", self.id, self.id_state.view),
                section("Position", row(self.ra, self.dec), self.unit, self.position_error.view),
                styles={"gap": "12px"},
            ),
            section(
                "Labels",
                row(self.label, self.unknown),
                self.names,
                self.picked,
                self.group,
                self.label_state.view,
                self.classes.view,
            ),
            row(
                section("Missing values", self.missing, self.sentinels),
                section("Shown for a source", self.extra, self.images),
                styles={"gap": "12px"},
            ),
            sizing_mode="stretch_width",
            margin=0,
        )
        self._watch()

    def _watch(self) -> None:
        for widget in (self.id, self.ra, self.dec, self.unit, self.missing):
            widget.param.watch(self._on_reading, "value")
        self.label.param.watch(self._on_label, "value")
        for widget in (self.unknown, self.names, self.picked):
            widget.param.watch(self._on_words, "value")
        self.group.param.watch(self._on_group, "enter_pressed")
        self.extra.param.watch(self._on_extra, "value")
        self.images.param.watch(self._on_images, "value")

    async def prepare(self) -> None:
        """Fill in what was found in a new table."""
        draft = self.wizard.draft
        table = draft.table
        if table is None:
            return
        self._filling = True
        columns = {_NONE: "", **{name: name for name in table.readable}}
        ids = {f"{name}   —   {_distinct(n, table.n_rows)}": f"column:{name}" for name, n in table.id_candidates}
        self.id.param.update(options={**ids, **_MADE}, value=self._id_value())
        self.ra.param.update(options=columns, value=draft.position[0] or "")
        self.dec.param.update(options=columns, value=draft.position[1] or "")
        self.unit.value = draft.unit
        self.missing.value, self.unknown.value, self.names.value = (
            draft.missing_text,
            draft.unknown_text,
            draft.names_text,
        )
        label = draft.labels.name if draft.labels else draft.likely_label()
        self.label.param.update(options={_NO_LABELS: "", **_likely_first(table.readable, label)}, value=label or "")
        self.extra.param.update(options=list(table.readable), value=list(draft.extra_columns))
        texts = [column.name for column in table.columns if column.kind == "text"]
        self.images.param.update(options=texts, value=list(draft.image_columns), visible=bool(texts))
        self._filling = False
        await self._check()
        await self._count(label)

    def refresh(self) -> None:
        """Show what is wrong beside the question that it is about."""
        draft = self.wizard.draft
        issues = {issue.field: issue for issue in reversed(draft.issues("columns"))}
        wrong = {name: issue.text for name, issue in issues.items() if not issue.open}
        self.unit.visible = "unit" in issues or draft.unit == "hourangle" or self._unit_is_open()
        self.unit.error_state = "unit" in wrong
        self.position_error.show(wrong.get("position", wrong.get("unit", "")))
        self.missing.param.update(
            error_state="missing" in wrong, helper_text=wrong.get("missing", "Separated by commas.")
        )
        self._propose()
        if "id" in wrong:
            self.id_state.show(wrong["id"], "error")
        elif draft.check is not None and draft.check.catalogue is not None and draft.check.plan == draft.id_plan:
            self.id_state.show(f"Each source has an id of its own: {', '.join(draft.check.examples)}, …", "success")
        else:
            self.id_state.show("")
        named = draft.labels is None
        self.names.visible, self.unknown.visible, self.picked.visible = named, not named, draft.must_pick
        self.group.visible = not named
        text = next((wrong[key] for key in ("label", "picked", "classes") if key in wrong), "")
        merged = "  ".join(
            f"{', '.join(values)} are one class, {name}." for name, values in draft.classes.merged().items()
        )
        self.label_state.show(text or merged, "error" if text else "info")
        self.classes.show(draft.classes, with_counts=not named)

    def _propose(self) -> None:
        """Offer the numbers that seem to mean missing; none of them is assumed to."""
        proposed = self.wizard.draft.proposed_missing
        if proposed == self._proposed:
            return
        self._proposed = proposed
        buttons = [pmui.Button(label=_proposal(value, columns), variant="outlined", size="small", margin=0,
                               description=_EVERYWHERE.format(value), on_click=partial(self._on_proposal, value))
                   for value, columns in proposed.items()]
        self.sentinels.objects = [hint(_SEEMS, margin=0), *buttons] if buttons else []

    def _on_proposal(self, value: float, _: Any) -> None:
        self.wizard.draft.add_missing(value)
        self.missing.value = self.wizard.draft.missing_text

    def _on_group(self, _: Any) -> None:
        draft = self.wizard.draft
        text = self.group.value_input or self.group.value
        try:
            draft.group(text)
        except ValueError as error:
            self.group.param.update(error_state=True, helper_text=str(error))
            return
        self.group.param.update(error_state=False, helper_text=_GROUP)
        self._filling = True
        self.picked.value = list(draft.picked)
        self._filling = False
        self.wizard.refresh()

    def _unit_is_open(self) -> bool:
        """Return whether the file leaves the unit of right ascension to the person."""
        table, ra = self.wizard.draft.table, self.wizard.draft.position[0]
        return table is not None and ra is not None and table.unit_of(ra) is None

    def _id_value(self) -> str | None:
        draft = self.wizard.draft
        return f"column:{draft.id_column}" if draft.id_source == "column" else draft.id_source

    async def _on_reading(self, event: Any) -> None:
        if self._filling:
            return
        draft = self.wizard.draft
        if event.obj is self.id:
            made = event.new in ("position", "row")
            draft.id_source = event.new if made else "column" if event.new else None
            draft.id_column = None if made or not event.new else event.new.removeprefix("column:")
        elif event.obj in (self.ra, self.dec):
            draft.set_position((self.ra.value or None, self.dec.value or None))
            self._filling = True
            self.unit.value = draft.unit
            self._filling = False
        elif event.obj is self.unit:
            draft.unit = event.new
        else:
            draft.missing_text = event.new
        await self._check()

    async def _check(self) -> None:
        """Try the ids as they are chosen now, unless that was done."""
        draft = self.wizard.draft
        plan, table = draft.id_plan, draft.table
        if table is not None and plan is not None and (draft.check is None or draft.check.plan != plan):
            check, error = await self.wizard.work("Checking the ids", check_ids, table, plan)
            if error is not None:
                self.id_state.show(self.wizard.words, "error")
            elif draft.id_plan == plan and draft.table is table:
                draft.check = check
        self.wizard.refresh()

    async def _on_label(self, event: Any) -> None:
        if not self._filling:
            await self._count(event.new or None)

    async def _count(self, name: str | None) -> None:
        draft = self.wizard.draft
        table, labels = draft.table, None
        if table is not None and name is not None:
            labels, error = await self.wizard.work(f"Counting the labels of {name}", read_labels, table, name)
            if error is not None:
                self.label_state.show(self.wizard.words, "error")
            if (self.label.value or None) != name or draft.table is not table:
                return  # something else was chosen meanwhile
        draft.set_labels(labels)
        self._filling = True
        self.unknown.value = draft.unknown_text
        self.picked.param.update(options=_with_counts(draft.known_counts), value=list(draft.picked))
        self._filling = False
        self.wizard.refresh()

    def _on_words(self, event: Any) -> None:
        if self._filling:
            return
        draft = self.wizard.draft
        draft.unknown_text, draft.names_text = self.unknown.value, self.names.value
        draft.picked = tuple(self.picked.value)
        draft.refresh_classes()
        if event.obj is self.unknown:
            self._filling = True
            known = draft.known_counts
            self.picked.param.update(options=_with_counts(known), value=[v for v in draft.picked if v in known])
            self._filling = False
        self.wizard.refresh()

    def _on_classes(self, value: str, name: str | None, colour: str | None) -> None:
        draft = self.wizard.draft
        draft.classes = draft.classes.changed(value, name=name, colour=colour)
        self.wizard.refresh()

    def _on_images(self, event: Any) -> None:
        if not self._filling:
            self.wizard.draft.image_columns = tuple(event.new)

    def _on_extra(self, event: Any) -> None:
        if not self._filling:
            self.wizard.draft.extra_columns = tuple(event.new)


def _proposal(value: float, columns: Sequence[tuple[str, int]]) -> str:
    names = [name for name, _ in columns]
    more = f" and {len(names) - 3} more" if len(names) > 3 else ""
    return f"{value:g}: {sum(n for _, n in columns):,} values in {', '.join(names[:3])}{more}"


def _distinct(n: int, n_rows: int) -> str:
    return "a different value in every row" if n == n_rows else f"{n:,} different value{'' if n == 1 else 's'}"


def _with_counts(counts: dict[str, int]) -> dict[str, str]:
    shown = list(counts.items())[:1000]
    return {f"{value} ({n:,})": value for value, n in shown}


def _likely_first(columns: Sequence[str], label: str | None) -> dict[str, str]:
    return {name: name for name in sorted(columns, key=lambda name: name != label)}
