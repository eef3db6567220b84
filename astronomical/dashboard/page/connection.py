"""Tell the user when the page has lost the connection to its server."""

from __future__ import annotations

from typing import Any

from panel.custom import JSComponent

__all__ = ["ConnectionWatch"]


class ConnectionWatch(JSComponent):
    """Show a bar above the page when the connection is lost. Use one per page.

    The server may have stopped, or the connection may have timed out while the computer was asleep. The page requests
    the icon of the server at intervals. When the server responds, the button to reload the page is enabled.
    """

    _esm = """
    const ICON = '/favicon.ico'
    const LOST = 'The connection to the server is lost. All labels that were shown as assigned are saved. '
    const STOPPED = 'If astronomical was stopped, start it again. This page waits for it.'
    const BACK = 'The server is available again. Reload the page to continue.'

    // Show the bar, and return a function to call when the server responds.
    function show_bar() {
      const box = document.createElement('div')
      box.setAttribute('role', 'alert')
      box.style.cssText = 'position:fixed;inset:0 0 auto 0;z-index:9999;display:flex;gap:1em;align-items:center;'
        + 'justify-content:center;padding:10px 16px;background:#7a1f1f;color:#fff;font-size:15px'
      const text = document.createElement('span')
      text.textContent = LOST + STOPPED
      const button = document.createElement('button')
      button.textContent = 'Reload the page'
      button.style.cssText = 'font:inherit;padding:4px 12px;border:1px solid #fff;background:none;color:inherit'
      button.disabled = true
      button.style.opacity = 0.5
      button.onclick = () => window.location.reload()
      box.append(text, button)
      document.body.append(box)
      return () => {
        text.textContent = LOST + BACK
        button.disabled = false
        button.style.opacity = 1
        button.style.cursor = 'pointer'
      }
    }

    export function render({model, view}) {
      const page = view.model.document
      const lost = () => {
        if (view.lost === true) { return }
        view.lost = true
        const answered = show_bar()
        const ask = () => fetch(ICON, {cache: 'no-store'})
          .then((reply) => { if (!reply.ok) { throw new Error() }; answered() })
          .catch(() => setTimeout(ask, 2000))
        ask()
      }
      if (view.watching !== true) {
        view.watching = true
        page.on_event('connection_lost', lost)
      }
    }
    """

    def __init__(self, **params: Any) -> None:
        super().__init__(**{"width": 0, "height": 0, "margin": 0, "styles": {"position": "absolute"}, **params})
