"""Keyboard input of the whole page, with the source that was on the screen when the key went down."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import param
from panel.custom import JSComponent

__all__ = ["KeyListener", "KeyPress"]


@dataclass(frozen=True)
class KeyPress:
    """A key that went down outside of any input field.

    Parameters
    ----------
    key
        The key as browsers name it; letters in lower case: ``"1"``, ``"z"``, ``"?"``, ``"ArrowLeft"``.
    shift
        Whether Shift was held.
    source
        The id of the source on the screen at that moment; empty when there was none.
    n
        Running number of the key press in this page, from 1.
    """

    key: str
    shift: bool
    source: str
    n: int


class KeyListener(JSComponent):
    """Listens for keys on the whole page; shows nothing.

    Parameters
    ----------
    on_key
        Called with a `KeyPress`.
    **params
        Initial values of the parameters.

    Notes
    -----
    Keys typed into an input field, with Ctrl, Alt or Meta, repeated by a key held down, or pressed while a
    dialog or a menu is open stay with the browser. Arrow keys stay with a slider, tab or table that has the focus.
    Escape leaves the dialog that is open: it presses the button with the class ``leave`` in it.
    """

    enabled = param.Boolean(default=True, doc="Whether keys are listened for.")

    keys = param.List(default=[], item_type=str, doc="""
        The keys to listen for, as in `KeyPress.key`; all others stay with the browser.""")

    shown = param.String(default="", doc="""
        Id of the source shown; set it together with what the page shows.""")

    _esm = """
    const EDITABLE = 'input, textarea, select, [contenteditable]:not([contenteditable="false"]), ' +
      '[role=textbox], [role=searchbox], [role=combobox], [role=spinbutton], [role=listbox], [role=menu]'
    const USES_ARROWS = '[role=slider], [role=tab], [role=radio], [role=grid], [role=tree], [role=separator]'
    const MODAL = '[role=dialog], [role=alertdialog], [aria-modal=true], [role=menu], [role=listbox], dialog[open]'

    // An input type on which typing has no effect, e.g. a checkbox that was clicked, keeps no key to itself.
    const NO_TEXT = new Set(['button', 'checkbox', 'color', 'file', 'image', 'radio', 'reset', 'submit'])

    function keeps(element, event) {
      if (!(element instanceof Element)) { return false }
      const arrow = event.key.startsWith('Arrow')
      const within = (selector) => element.closest(selector) != null
      if (element instanceof HTMLInputElement && NO_TEXT.has(element.type)) {
        return arrow && element.type === 'radio'
      }
      return element.isContentEditable || within(EDITABLE) || (arrow && within(USES_ARROWS))
    }

    function visible(element) {
      return element.checkVisibility === undefined || element.checkVisibility({visibilityProperty: true})
    }

    // All elements that a selector finds, in the shadow roots too, in the order of the page.
    function* deep(root, selector) {
      for (const element of root.querySelectorAll('*')) {
        if (element.matches(selector)) { yield element }
        if (element.shadowRoot != null) { yield* deep(element.shadowRoot, selector) }
      }
    }

    function modal_open() {
      for (const element of deep(document, MODAL)) {
        if (visible(element)) { return true }
      }
      return false
    }

    // The button by which the dialog on top is left. A menu that is open above it has none, and closes by itself.
    function way_out() {
      const top = [...deep(document, '.MuiModal-root')].filter(visible).at(-1)
      const [leave] = top == null ? [] : deep(top, '.leave')
      return leave?.shadowRoot?.querySelector('button') ?? leave ?? null
    }

    export function render({model, view}) {
      let n = 0
      const on_keydown = (event) => {
        const leave = event.key === 'Escape' && !event.repeat && !event.isComposing ? way_out() : null
        if (leave != null) {
          event.preventDefault()
          leave.click()
          return
        }
        const key = event.key.length === 1 ? event.key.toLowerCase() : event.key
        if (!model.enabled || event.repeat || event.isComposing || event.ctrlKey || event.altKey || event.metaKey
            || !model.keys.includes(key) || keeps(event.composedPath()[0], event) || modal_open()) {
          return
        }
        event.preventDefault()
        n += 1
        model.send_msg({key, shift: event.shiftKey, source: model.shown, n})
      }
      view.stop_listening?.()
      window.addEventListener('keydown', on_keydown, true)
      view.stop_listening = () => window.removeEventListener('keydown', on_keydown, true)
      model.on('remove', () => view.stop_listening())
    }
    """

    def __init__(self, on_key: Callable[[KeyPress], None], **params: Any) -> None:
        super().__init__(**{"width": 0, "height": 0, "margin": 0, "styles": {"position": "absolute"}, **params})
        self._on_key = on_key

    def _handle_msg(self, msg: dict[str, Any]) -> None:
        if self.enabled:
            self._on_key(KeyPress(str(msg["key"]), bool(msg["shift"]), str(msg["source"]), int(msg["n"])))
