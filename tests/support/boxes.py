"""Where things are on the screen."""

from __future__ import annotations

from playwright.sync_api import Locator

#: Whether the middle and the corners of an element are its own on the screen: not covered, cut, or out of the window.
_IN_VIEW = """(element) => {
  const box = element.getBoundingClientRect()
  const at = (x, y) => {
    let found = document.elementFromPoint(x, y)
    while (found?.shadowRoot) {
      const inner = found.shadowRoot.elementFromPoint(x, y)
      if (inner === null || inner === found) { break }
      found = inner
    }
    return found
  }
  const own = (found) => {
    for (let node = found; node; node = node.parentNode ?? node.host) { if (node === element) { return true } }
    return false
  }
  const corners = [[0.5, 0.5], [0.1, 0.1], [0.9, 0.1], [0.1, 0.9], [0.9, 0.9]]
  return box.width > 0 && corners.every(([x, y]) => own(at(box.x + x * box.width, box.y + y * box.height)))
}"""


def in_view(element: Locator) -> bool:
    """Return whether an element is seen as a whole, without scrolling."""
    found: bool = element.evaluate(_IN_VIEW)
    return found


def hidden(elements: Locator) -> list[str]:
    """Return the texts of those of some elements that are covered, cut or out of the window."""
    return [element.inner_text() for element in elements.all() if not in_view(element)]
