"""Open drop-down menus with the keyboard.

The select widgets of panel-material-ui open only on a click. With this component, Enter, the space bar and the arrow
keys open the one that has the focus.
"""

from __future__ import annotations

from typing import Any

from panel.custom import JSComponent

__all__ = ["MenuOpener"]


class MenuOpener(JSComponent):
    """Open the select widgets of the whole page with the keyboard. It shows nothing. Use one per page."""

    _esm = """
    const OPENING = new Set(['Enter', ' ', 'ArrowDown', 'ArrowUp'])

    export function render({model, view}) {
      const on_keydown = (event) => {
        const target = event.composedPath()[0]
        if (!OPENING.has(event.key) || event.ctrlKey || event.altKey || event.metaKey || !(target instanceof Element)
            || target.matches('input') || !target.matches('[role=combobox][aria-expanded=false]')) {
          return
        }
        event.preventDefault()
        event.stopPropagation()
        target.click()
      }
      view.stop_listening?.()
      window.addEventListener('keydown', on_keydown, true)
      view.stop_listening = () => window.removeEventListener('keydown', on_keydown, true)
      model.on('remove', () => view.stop_listening())
    }
    """

    def __init__(self, **params: Any) -> None:
        super().__init__(**{"width": 0, "height": 0, "margin": 0, "styles": {"position": "absolute"}, **params})
