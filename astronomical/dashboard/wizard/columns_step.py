"""Step 2 of the wizard: choose what the columns mean."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from typing import TYPE_CHECKING, Any

import panel as pn
import panel_material_ui as pmui

from astronomical.dashboard.ui.components import Message, hint, row, section
from astronomical.dashboard.wizard.class_rows import ClassRows
from astronomical.dashboard.wizard.column_texts import distinct, likely_first, meaning_question, proposal, with_counts
from astronomical.dashboard.wizard.light_curves_card import LightCurvesCard
from astronomical.errors import InvalidInputError
from astronomical.setup.classes import REST, shortened
from astronomical.setup.suggestions import possible_missing_codes
from astronomical.setup.table_preview import check_ids, read_labels

if TYPE_CHECKING:
    from astronomical.dashboard.wizard.wizard import Wizard

__all__ = ["ColumnsStep"]

#: Maximum number of groups of similar labels to show.
_SHOWN = 5
_REST = {"unknown": "unknown", f"one class, “{REST}”": "class", "excluded": "excluded"}
_NONE, _NO_LABELS = "(none)", "(none: I type the classes)"
_MADE = {"Make one from the position (IAU style)": "position", "Make one from the row number": "row"}
_GROUP = "Values with the same name form one class; press Enter. You can also change the names below one by one."
_SEEMS = "Possible missing-value codes. Select those to treat as missing:"
_EVERYWHERE = "Treat {:g} as missing in every column"
_UNITS = {"degrees": "deg", "hours": "hourangle", "radians": "rad"}


class ColumnsStep:
    """Fields for the id, the position, missing values, labels, and the columns shown for a source."""

    def __init__(self, wizard: Wizard) -> None:
        self.wizard = wizard
        self._filling = False
        self.id = pmui.Select(
            label="Source id",
            options={},
            size="small",
            sizing_mode="stretch_width",
            description="Labels refer to this id, so it must be different for each source.",
        )
        self.id_state = Message(severity="success")
        self.ra = pmui.Select(
            label="Right ascension",
            options={},
            size="small",
            sizing_mode="stretch_width",
            description="ICRS, in degrees, hours, radians or sexagesimal. Needed for cutouts.",
        )
        self.dec = pmui.Select(label="Declination", options={}, size="small", sizing_mode="stretch_width")
        self.unit = pmui.Select(
            label="Unit of right ascension",
            options=_UNITS,
            value=None,
            size="small",
            sizing_mode="stretch_width",
            visible=False,
        )
        self.position_error = Message()
        self.missing = pmui.TextInput(
            label="Missing-value codes",
            placeholder="-99, -999",
            size="small",
            sizing_mode="stretch_width",
            description="Numbers such as -99 that stand for a missing value. NaN, blank and infinity always do.",
        )
        self.sentinels = pn.FlexBox(sizing_mode="stretch_width", margin=(0, 10), gap="4px")
        self._proposed: Any = None
        self.label = pmui.Select(
            label="Label column",
            options={},
            size="small",
            sizing_mode="stretch_width",
            description="Classes that are already known for some or all sources.",
        )
        self.unknown = pmui.TextInput(
            label="Labels that mean unknown",
            placeholder="UNKNOWN, ?",
            size="small",
            sizing_mode="stretch_width",
            helper_text="Blank always does. Remove a label to use it as a class.",
        )
        self.names = pmui.TextInput(
            label="Class names",
            placeholder="Star, Galaxy, QSO",
            size="small",
            sizing_mode="stretch_width",
            helper_text="Separated by commas.",
            visible=False,
        )
        self.picked = pmui.MultiChoice(
            label="Labels to use",
            options={},
            size=None,
            visible=False,
            sizing_mode="stretch_width",
        )
        self.rest = pmui.RadioButtonGroup(
            options=_REST,
            value="unknown",
            size="small",
            margin=(0, 10),
            description="Labels that are not selected above",
            sx={"& .MuiButtonBase-root": {"textTransform": "none", "whiteSpace": "nowrap"}},
        )
        self.all_labels = pmui.Button(label="Select all labels", size="small", variant="text", on_click=self._on_all)
        self.others = pn.Row(
            hint("All other labels are:", sizing_mode=None, align="center"),
            self.rest,
            self.all_labels,
            margin=0,
            visible=False,
        )
        self.group = pmui.TextInput(
            label="Group labels by pattern",
            placeholder="Galaxy = G*, E*; QSO = QSO*, BL*",
            size="small",
            sizing_mode="stretch_width",
            helper_text=_GROUP,
        )
        self.label_state = Message()
        self.alike, self.meaning = Message(), Message()
        self.merge = pmui.Button(
            label="Merge them", variant="outlined", size="small", visible=False, margin=(0, 10), on_click=self._on_merge
        )
        self.classes = ClassRows(self._on_classes)
        self.extra = pmui.MultiChoice(
            label="Columns shown for a source",
            options=[],
            sizing_mode="stretch_width",
            description="Listed beside the images of the selected source.",
        )
        self.images = pmui.MultiChoice(
            label="Image columns",
            options=[],
            sizing_mode="stretch_width",
            placeholder="none",
            description="Columns with web addresses, or with paths of files beside the catalogue.",
        )
        self.light_curves = LightCurvesCard(wizard)
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
                self.others,
                self.group,
                self.label_state.view,
                self.alike.view,
                self.merge,
                self.meaning.view,
                self.classes.view,
            ),
            row(
                section("Missing values", self.missing, self.sentinels),
                section("Shown for a source", self.extra, self.images),
                styles={"gap": "12px"},
            ),
            self.light_curves.view,
            sizing_mode="stretch_width",
            margin=0,
        )
        self._watch()

    def _watch(self) -> None:
        for widget in (self.id, self.ra, self.dec, self.unit, self.missing):
            widget.param.watch(self._on_reading, "value")
        self.label.param.watch(self._on_label, "value")
        for widget in (self.unknown, self.names, self.picked, self.rest):
            widget.param.watch(self._on_words, "value")
        self.group.param.watch(self._on_group, "enter_pressed")
        self.extra.param.watch(self._on_extra, "value")
        self.images.param.watch(self._on_images, "value")

    async def prepare(self) -> None:
        """Fill in the fields for a new table."""
        draft = self.wizard.draft
        table = draft.table
        if table is None:
            return
        self._filling = True
        columns = {_NONE: "", **{name: name for name in table.readable}}
        ids = {f"{name}   —   {distinct(n, table.rows.n_rows)}": f"column:{name}" for name, n in table.id_candidates}
        self.id.param.update(options={**ids, **_MADE}, value=self._id_value())
        self.ra.param.update(options=columns, value=draft.position[0] or "")
        self.dec.param.update(options=columns, value=draft.position[1] or "")
        self.unit.value = draft.unit
        self.missing.value, self.unknown.value, self.names.value = (
            draft.missing_text,
            draft.unknown_text,
            draft.names_text,
        )
        label, likely = draft.labels.name if draft.labels else draft.likely_label(), draft.label_candidates()
        self.label.param.update(options={_NO_LABELS: "", **likely_first(table.readable, likely)}, value=label or "")
        self.extra.param.update(options=list(table.readable), value=list(draft.extra_columns))
        texts = [column.name for column in table.columns if column.kind == "text"]
        self.images.param.update(options=texts, value=list(draft.image_columns), visible=bool(texts))
        self._filling = False
        self.light_curves.show()
        await self.check()
        await self._count(label)

    def refresh(self) -> None:
        """Show each problem beside its field."""
        draft = self.wizard.draft
        issues = {issue.field: issue for issue in reversed(draft.issues("columns"))}
        wrong = {name: issue.text for name, issue in issues.items() if not issue.open}
        self.unit.visible = "unit" in issues or draft.unit in ("hourangle", "rad") or self._unit_is_open()
        self.unit.error_state = "unit" in wrong
        self.position_error.show(wrong.get("position", wrong.get("unit", "")))
        self.missing.param.update(
            error_state="missing" in wrong, helper_text=wrong.get("missing", "Separated by commas.")
        )
        self._propose()
        if "id" in wrong:
            self.id_state.show(wrong["id"], "error")
        elif draft.check is not None and draft.check.catalogue is not None and draft.check.plan == draft.id_plan:
            self.id_state.show(f"Each source has a unique id: {', '.join(draft.check.examples)}, …", "success")
        else:
            self.id_state.show("")
        named = draft.labels is None
        self.names.visible, self.unknown.visible, self.picked.visible = named, not named, draft.must_pick
        self.group.visible, self.others.visible = not named, draft.must_pick
        text = next((wrong[key] for key in ("label", "picked", "classes") if key in wrong), "")
        merged = "  ".join(
            f"{shortened(values)} form one class, {name}." for name, values in draft.classes.merged().items()
        )
        self.label_state.show(text or merged, "error" if text else "info")
        groups = () if named else draft.classes.alike
        texts = [f"{', '.join(map(repr, group))} look alike, but are different classes." for group in groups]
        self.alike.show("  ".join(texts[:_SHOWN]), "warning")
        self.meaning.show(meaning_question(draft.classes), "info")
        self.merge.visible = bool(groups)
        self.classes.show(draft.classes, with_counts=not named)

    def _on_merge(self, _: Any) -> None:
        self.wizard.draft.classes = self.wizard.draft.classes.with_alike_merged()
        self.wizard.refresh()

    def _propose(self) -> None:
        """Offer possible missing-value codes. None is used unless the user selects it."""
        proposed = possible_missing_codes(self.wizard.draft)
        if proposed == self._proposed:
            return
        self._proposed = proposed
        buttons = [
            pmui.Button(
                label=proposal(value, columns),
                variant="outlined",
                size="small",
                margin=0,
                description=_EVERYWHERE.format(value),
                on_click=partial(self._on_proposal, value),
            )
            for value, columns in proposed.items()
        ]
        self.sentinels.objects = [hint(_SEEMS, margin=0), *buttons] if buttons else []

    def _on_proposal(self, value: float, _: Any) -> None:
        self.wizard.draft.add_missing(value)
        self.missing.value = self.wizard.draft.missing_text

    def _on_group(self, _: Any) -> None:
        draft = self.wizard.draft
        text = self.group.value_input or self.group.value
        try:
            draft.group(text)
        except InvalidInputError as error:
            self.group.param.update(error_state=True, helper_text=str(error))
            return
        self.group.param.update(error_state=False, helper_text=_GROUP)
        self._filling = True
        self.picked.value = self._offered(draft.picked)
        self._filling = False
        self.wizard.refresh()

    def _offered(self, values: Iterable[str]) -> list[str]:
        """Return the labels that the field offers; of thousands of labels, it offers the most frequent."""
        offered = set(self.picked.options.values())
        return [value for value in values if value in offered]

    def _unit_is_open(self) -> bool:
        """Return whether the user must choose the unit of right ascension."""
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
        await self.check()

    async def check(self) -> None:
        """Check the ids with the current settings, unless this was done before."""
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
                return  # another column was chosen in the meantime
        draft.set_labels(labels)
        self._filling = True
        self.unknown.value = draft.unknown_text
        self.picked.param.update(options=with_counts(draft.known_counts), value=list(draft.picked))
        self.rest.value = draft.rest
        self._filling = False
        self.wizard.refresh()

    def _on_all(self, _: Any) -> None:
        self.picked.value = list(self.picked.options.values())

    def _on_words(self, event: Any) -> None:
        if self._filling:
            return
        draft = self.wizard.draft
        draft.unknown_text, draft.names_text = self.unknown.value, self.names.value
        draft.rest = self.rest.value
        offered = set(self.picked.options.values())
        draft.picked = (*self.picked.value, *(value for value in draft.picked if value not in offered))
        draft.refresh_classes()
        if event.obj is self.unknown:
            self._filling = True
            known = draft.known_counts
            draft.picked = tuple(value for value in draft.picked if value in known)
            options = with_counts(known)
            chosen = [value for value in draft.picked if value in set(options.values())]
            self.picked.param.update(options=options, value=chosen)
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
