"""The class guide: how to recognise the sources of each class, by a text and examples."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any, ClassVar

import panel as pn
import panel_material_ui as pmui
import param
from panel.custom import JSComponent

from astronomical.config.labelling import MAX_EXAMPLES, ClassGuideConfig
from astronomical.dashboard.ui.components import hint
from astronomical.dashboard.ui.safe_text import Html, Markup, from_markdown
from astronomical.dashboard.ui.session_view import SessionView
from astronomical.dashboard.ui.styles import BASE_STYLE, SMALL_SWITCH
from astronomical.session import Session

__all__ = ["ClassGuidePane"]

_STYLE = """
:host { font: 13px/1.45 var(--bokeh-base-font, sans-serif); color: var(--mui-palette-text-primary, inherit);
        overflow-wrap: anywhere; }
h3 { font-size: 14px; margin: 6px 0 2px; display: flex; align-items: center; gap: 6px; }
h3 i { width: 11px; height: 11px; border-radius: 50%; flex: none; }
p, ul, ol { margin: 3px 0; } ul, ol { padding-left: 20px; } code { font-size: 12px; }
a { color: var(--mui-palette-primary-main, #06c); }
td, th { padding: 1px 12px 1px 0; text-align: left; }
"""
_EMPTY = ClassGuideConfig()
_NOTHING = "No class has a guide yet. Press Edit to describe how to recognise the sources of a class."


class SourceChips(JSComponent):
    """Row of sources. A click shows one, and a click on its cross removes it from the row.

    Parameters
    ----------
    on_event
        Called with ``show`` or ``remove``, and the id of the source.
    """

    ids = param.List(default=[], item_type=str, doc="Ids of the sources.")

    removable = param.Boolean(default=False, doc="Whether the sources have a cross.")

    _esm = Path(__file__).with_name("source_chips.js")
    _stylesheets: ClassVar[list[str]] = [
        BASE_STYLE,
        """
    :host { display: block; }
    .row { display: flex; flex-wrap: wrap; gap: 4px; }
    .chip { gap: 2px; padding: 0 2px 0 8px; }
    .chip button { border: none; background: none; padding: 0 4px; }
    .chip .show { color: var(--mui-palette-primary-main, #06c); padding-left: 0; }
    """,
    ]

    def __init__(self, on_event: Callable[[str, str], None], **params: Any) -> None:
        super().__init__(**{"margin": (0, 10, 6, 10), "sizing_mode": "stretch_width", **params})
        self._on_event = on_event

    def _handle_msg(self, msg: dict[str, Any]) -> None:
        self._on_event(str(msg["event"]), str(msg["id"]))


class ClassGuidePane(SessionView):
    """Pane with the guide of each class, and a form to edit it.

    Parameters
    ----------
    session
        The project shown.

    Attributes
    ----------
    view
        The Panel object that fills the pane.
    """

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self._listed: object = None
        self._filling = False
        self._edit = pmui.Switch(label="Edit", size="small", margin=(4, 10), stylesheets=[SMALL_SWITCH])
        self._which = pmui.Select(label="Class", size="small", sizing_mode="stretch_width")
        self._text = pmui.TextAreaInput(
            label="How to recognise it",
            placeholder="Point source; broad emission lines; u - g < 0.6",
            helper_text="Markdown: **bold**, - lists, [links](https://…). Saved when you leave the field.",
            rows=4,
            auto_grow=True,
            sizing_mode="stretch_width",
        )
        self._add = pmui.Button(label="Add the selected source as an example", size="small", variant="outlined")
        self._examples = SourceChips(self._on_example, removable=True)
        self._form = pn.Column(
            self._which, self._text, self._add, self._examples, visible=False, sizing_mode="stretch_width", margin=0
        )
        self._list = pn.Column(sizing_mode="stretch_width", margin=0)
        self.view = pn.Column(self._edit, self._form, self._list, sizing_mode="stretch_both", margin=0, scroll="y-auto")
        self._edit.param.watch(lambda _: self._show_form(), "value")
        self._which.param.watch(lambda _: self._show_form(), "value")
        self._text.param.watch(lambda event: self._keep_text(event.new), "value")
        self._add.on_click(lambda _: self._add_example())
        self.follow(self._show, "config", first=True)
        self.follow(self._show_add, "focus")
        self._show()

    def _show(self) -> None:
        config = self.session.state.config
        basis = config.labels, config.labelling.guides
        if basis == self._listed:
            return
        self._listed = basis
        parts: list[Any] = []
        for name, guide in config.labelling.guides.items():
            title = Markup("<h3><i style='background:{}'></i>{}</h3>").format(config.colours[name], config.shown(name))
            text = Markup("{}{}").format(title, from_markdown(guide.text))
            parts.append(Html(text, margin=(0, 10), sizing_mode="stretch_width", stylesheets=[_STYLE]))
            if guide.examples:
                parts.append(SourceChips(self._on_example, ids=list(guide.examples)))
        self._list.objects = parts or [hint(_NOTHING)]
        self._show_form()

    def _show_form(self) -> None:
        config = self.session.state.config
        self._filling = True
        self._edit.disabled = self.session.read_only
        self._form.visible = self._edit.value and not self.session.read_only
        options = {shown: name for name, shown in config.shown_names.items()}
        if self._which.options != options:
            self._which.param.update(options=options, value=next(iter(options.values()), None))
        guide = config.labelling.guides.get(self._which.value, _EMPTY)
        self._text.value = guide.text
        self._examples.ids = list(guide.examples)
        self._filling = False
        self._show_add()

    def _show_add(self) -> None:
        full = len(self._examples.ids) >= MAX_EXAMPLES
        self._add.disabled = full or self.session.state.focus in (None, *self._examples.ids)

    def _keep_text(self, text: str) -> None:
        if not self._filling and self._which.value is not None:
            self.run_command(partial(self.session.settings.set_guide, self._which.value, text=text))

    def _keep_examples(self, examples: Sequence[str]) -> None:
        self.run_command(partial(self.session.settings.set_guide, self._which.value, examples=examples))

    def _add_example(self) -> None:
        focus = self.session.state.focus
        if focus is not None:
            self._keep_examples([*self._examples.ids, focus])

    def _on_example(self, event: str, id: str) -> None:
        if event == "show":
            self.run_command(partial(self.session.focus, id))
        else:
            self._keep_examples([other for other in self._examples.ids if other != id])
