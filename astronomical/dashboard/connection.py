"""Say so when the page has lost its server, instead of leaving buttons that do nothing."""

from __future__ import annotations

from typing import Any

from panel.custom import JSComponent

__all__ = ["ConnectionWatch"]


class ConnectionWatch(JSComponent):
    """Shows a bar above the page once the connection is lost, and a way on; nothing before. One in a page is enough.

    The server may have been stopped, or the computer may have slept for so long that the connection was given up. The
    page asks the server for its icon from time to time: as soon as it answers, the button to load the page again
    works.
    """

    _esm = """
    const ICON = '/favicon.ico'
    const LOST = 'The connection to the server is lost. What was shown as assigned is on disk. '
    const STOPPED = 'Start astronomical again if it was stopped; this page waits for it.'
    const BACK = 'The server answers: load the page again to go on.'

    // Show the bar, and return what to call once the server answers.
    function show_bar() {
      const box = document.createElement('div')
      box.setAttribute('role', 'alert')
      box.style.cssText = 'position:fixed;inset:0 0 auto 0;z-index:9999;display:flex;gap:1em;align-items:center;'
        + 'justify-content:center;padding:10px 16px;background:#7a1f1f;color:#fff;font-size:15px'
      const text = document.createElement('span')
      text.textContent = LOST + STOPPED
      const button = document.createElement('button')
      button.textContent = 'Load the page again'
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
