"""Press every button of a page, open every menu, editor and dialog, and rest on everything that has a tooltip."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from playwright.sync_api import Error, Locator, Page

_SCRIPT = (Path(__file__).parent / "crawl.js").read_text(encoding="utf-8")
_OPTIONS_OF_A_LIST = 3
#: How long nothing may change before all is taken to be there, and a guard for what a busy computer may take long for.
_STILL_S, _LONG_S = 8, 30


class Crawler:
    """Works through the controls of a page, and looks after each whether a text became HTML or ran a script.

    Parameters
    ----------
    page
        The page.
    type
        Called for what to type into a field.
    skip
        Called with the label of a control; those for which it is true are left alone.
    strings
        How many texts are typed into each field, one after the other.

    Attributes
    ----------
    pressed
        The controls that were pressed, in their order.
    n_typed
        The number of texts that were typed into fields.
    """

    def __init__(self, page: Page, type: Callable[[str], str], skip: Callable[[str], bool], strings: int = 1) -> None:
        self._page, self._type, self._skip, self._strings = page, type, skip, strings
        self.n_typed = 0
        self.pressed: dict[str, None] = {}
        self._typed: set[str] = set()
        self._seen: set[str] = set()
        self.wrong: list[str] = []
        self._n_pressed_of_list = 0

    def work_through(self, most: int = 400) -> None:
        """Use everything that is there and that it leads to, once."""
        for _ in range(most):
            survey = self._survey()
            if self._rest_on(survey["tips"]) or self._fill(survey["fields"]):
                survey = self._survey()
            fresh = [control for control in survey["controls"] if self._is_fresh(control)]
            is_list = survey["modal"] in ("listbox", "menu", "list")
            if not fresh or (is_list and self._n_pressed_of_list >= _OPTIONS_OF_A_LIST):
                if not (self._leave() if survey["modal"] is not None else self._more_comes()):
                    return
                continue
            self._n_pressed_of_list = self._n_pressed_of_list + 1 if is_list else 0
            self.pressed[fresh[0]["key"]] = None
            self._do(lambda control=fresh[0]: self._locator(control["mark"]).click(timeout=1500, no_wait_after=True))
        last = "\n".join(list(self.pressed)[-30:])
        raise AssertionError(f"After {most} steps there was still something to press. The last controls were:\n{last}")

    def look(self) -> None:
        """Note what a text has become."""
        self._note(self._ask("wrong"))

    def rest_on_tips(self) -> None:
        """Move the pointer to everything that has a tooltip."""
        self._rest_on(self._survey()["tips"])

    def _survey(self) -> dict[str, Any]:
        """Return what can be used, and note what a text has become."""
        found: dict[str, Any] = self._ask("survey")
        self._note(found["wrong"])
        return found

    def _ask(self, what: str) -> Any:
        found = self._page.evaluate(f"window.crawl?.{what}()")
        if found is None:  # another page
            self._page.evaluate(_SCRIPT)
            found = self._page.evaluate(f"window.crawl.{what}()")
        return found

    def _note(self, wrong: list[str]) -> None:
        self.wrong.extend(found for found in wrong if found not in self.wrong)

    def _is_fresh(self, control: dict[str, str]) -> bool:
        return control["key"] not in self.pressed and not self._skip(control["label"])

    def _locator(self, mark: str) -> Locator:
        return self._page.locator(f'[data-crawl="{mark}"]').first

    def _do(self, action: Callable[[], object]) -> None:
        with contextlib.suppress(Error):  # it is covered, or has gone
            action()
        self._page.wait_for_timeout(60)

    def _rest_on(self, tips: list[dict[str, str]]) -> bool:
        fresh = [tip for tip in tips if tip["key"] not in self._seen]
        for tip in fresh:
            self._seen.add(tip["key"])
            self._do(lambda tip=tip: self._locator(tip["mark"]).hover(timeout=500, force=True))
            self.look()
        return bool(fresh)

    def _fill(self, fields: list[dict[str, str]]) -> bool:
        fresh = [field for field in fields if field["key"] not in self._typed]
        for field in fresh:
            self._typed.add(field["key"])

            for _ in range(self._strings):
                if not self._type_into(field):
                    break
        return bool(fresh)

    def _type_into(self, field: dict[str, str]) -> bool:
        """Type one text into a field; return whether the field still accepted it."""
        n_before = self.n_typed

        def fill() -> None:
            self._locator(field["mark"]).fill(self._type(field["key"]), timeout=1000)
            self.n_typed += 1
            self._locator(field["mark"]).press("Enter", timeout=1000)

        self._do(fill)
        self.look()
        return self.n_typed > n_before

    def _more_comes(self) -> bool:
        """Wait until nothing has changed for a while; tell whether there is something to press or to leave."""
        before, since = "", time.monotonic()
        while time.monotonic() - since < _STILL_S:
            survey = self._survey()
            if survey["modal"] is not None or any(self._is_fresh(control) for control in survey["controls"]):
                return True
            now = repr((survey["controls"], survey["fields"]))
            if now != before:
                before, since = now, time.monotonic()
            self._page.wait_for_timeout(200)
        return False

    def _leave(self) -> bool:
        """Leave what lies over the page, by Escape, else by the button that closes it; tell whether it has gone."""
        self._n_pressed_of_list = 0
        top, end = self._page.evaluate("window.crawl.top()"), time.monotonic() + _LONG_S
        while time.monotonic() < end:  # what is pressed while the page is drawn may be lost
            self._page.keyboard.press("Escape")
            if self._is_left(top, 0.3):
                return True
            self._page.evaluate("window.crawl.leave()")
            if self._is_left(top, 5):
                return True
        return False

    def _is_left(self, top: str | None, seconds: float) -> bool:
        """Wait until something else lies over the page, or nothing; tell whether that came."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            self._page.wait_for_timeout(50)
            if top is None or self._page.evaluate("window.crawl.top()") != top:
                return True
        return False
