"""Check a page with axe-core, for browser tests."""

from __future__ import annotations

from typing import NamedTuple

import pytest
from playwright.sync_api import Locator, Page

base = pytest.importorskip("axe_playwright_python.base", reason="axe-playwright-python is not installed")
#: What counts as a failure.
_IMPACTS = frozenset({"serious", "critical"})
#: Waits until no transition is going on, also in shadow roots. An indeterminate progress bar never ends.
_AT_REST = """() => new Promise((done) => {
    const roots = (root) => [root, ...[...root.querySelectorAll('*')].filter((element) => element.shadowRoot)
        .flatMap((element) => roots(element.shadowRoot))]
    const moves = (animation) => animation.playState === 'running'
        && animation.effect.getComputedTiming().iterations !== Infinity
    const look = () => {
        if (roots(document).some((root) => root.getAnimations().some(moves))) requestAnimationFrame(look)
        else done()
    }
    requestAnimationFrame(() => requestAnimationFrame(look))
})"""
#: Looks at an element and what it contains, but does not load style sheets again.
_RUN = "(element) => axe.run(element, {resultTypes: ['violations'], preload: false}).then(({violations}) => violations)"


class Excluded(NamedTuple):
    """A finding that cannot be mended: a rule, a part of the selector of the element, and the reason."""

    rule: str
    selector: str
    reason: str


EXCLUDED: tuple[Excluded, ...] = (
    Excluded(
        "aria-required-children",
        ".pnx-tabulator",
        "Tabulator 6.4 puts the element that scrolls, which the keyboard reaches, between the grid and its rows",
    ),
)


def findings(page: Page, place: str, part: Locator | None = None) -> list[str]:
    """Return the serious and critical findings of axe-core in a page, each with the element and the explanation.

    Parameters
    ----------
    page
        The page.
    place
        What the page shows, for the message.
    part
        The part that is checked, by default all of the page.
    """
    page.evaluate(_AT_REST)
    if page.evaluate("typeof window.axe") == "undefined":
        page.evaluate(base.AXE_SCRIPT)
    found = (part or page.locator("html")).evaluate(_RUN)
    return [
        f"{place}: {violation['id']} at {node['target']}: {node['failureSummary']}\n{node['html'][:300]}"
        for violation in found
        if violation["impact"] in _IMPACTS
        for node in violation["nodes"]
        if not _is_excluded(violation["id"], str(node["target"]))
    ]


def _is_excluded(rule: str, target: str) -> bool:
    return any(item.rule == rule and item.selector in target for item in EXCLUDED)
