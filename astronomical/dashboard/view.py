"""The one way in which a part of the page follows the state of a session."""

from __future__ import annotations

import logging
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from threading import Lock
from typing import Any, Literal, TypeVar
from weakref import WeakKeyDictionary

import panel as pn
from panel.io.document import hold

from astronomical.session.errors import SessionError, StaleFocusError
from astronomical.session.session import Session

log = logging.getLogger(__name__)
Handler = Callable[[], None]
T = TypeVar("T")
#: Between the two messages the browser has so long to paint what came first.
_FRAMES_MS = 40
#: Where nothing else has changed, as after a click on a point, all that follows is little, and comes in one message.
_LIGHT = frozenset({"focus", "history", "jobs", "likely"})
_workers = ThreadPoolExecutor(2, thread_name_prefix="astronomical-view")


@dataclass
class _Due:
    """What is due in a page: handlers with their views, what has changed, and which calls are already ordered."""

    handlers: dict[Handler, View] = field(default_factory=dict)
    changed: set[str] = field(default_factory=set)
    at_once: bool = False
    in_a_frame: bool = False


_due: WeakKeyDictionary[Any, _Due] = WeakKeyDictionary()
#: Held while what is due is looked at or changed: states may be written in other threads than that of the page.
_lock = Lock()


class View:
    """A part of the page. It reads the state, asks the session for changes, and owns only how it looks.

    A session may be shown in several pages at once, so each handler runs in the document of its own page, once
    for any number of changes that came together. What is due in a page reaches the browser in two messages: all that
    shows the source and takes answers comes first and together, so that a key press is answered with the source that
    was on the screen; plots and lists, which take the browser a while to draw, come right after. Where another source
    is looked at, and nothing else has changed, one message tells it to all.

    Parameters
    ----------
    session
        The project shown.
    """

    def __init__(self, session: Session) -> None:
        self.session = session
        self._document = pn.state.curdoc
        self._watchers: list[Any] = []
        self._first: set[Handler] = set()
        self._closed = False

    @property
    def is_served(self) -> bool:
        """Whether the view stands in a page of a server."""
        return self._document is not None and self._document.session_context is not None

    def follow(self, handler: Handler, *names: str, first: bool = False) -> None:
        """Call a handler after any of these values of the state has changed, until the view is closed.

        Parameters
        ----------
        handler
            What to call.
        *names
            Names of values of the state.
        first
            Whether it shows the source in focus or takes answers for it: all that does is sent together, and first.
        """
        if first:
            self._first.add(handler)
        self._watchers.append(self.session.state.param.watch(
            lambda *events: self.soon(handler, *(event.name for event in events)), list(names)))

    def soon(self, handler: Handler, *changed: str) -> None:
        """Call a handler in the document of this page, once; may be called from any thread.

        Parameters
        ----------
        handler
            What to call.
        *changed
            Names of the values of the state that have changed; without any, anything may have.
        """
        document = self._document
        if self._closed:
            return
        if not self.is_served:
            self._run(handler)
            return
        with _lock:
            due = _due.setdefault(document, _Due())
            due.handlers[handler] = self
            due.changed.update(changed or ("",))
            # What waits for the end of a frame does not hold up what comes first.
            order = not due.at_once and (handler in self._first or not due.in_a_frame)
            due.at_once |= order
        if order:
            document.add_next_tick_callback(partial(run_due, document))

    def later(self, work: Callable[[], T], done: Callable[[T], None]) -> None:
        """Run work in a thread, and hand its result over in the document of this page; nothing may be written there.

        A failure is told as a message; a view that has been closed hears nothing.
        """
        document = self._document
        if document is None or not self.is_served:
            self.attempt(lambda: done(work()))
            return

        def arrived(task: Future[T]) -> None:
            def hand_over() -> None:
                if not self._closed:
                    self.attempt(lambda: done(task.result()))

            if document.session_context is not None:
                document.add_next_tick_callback(hand_over)

        _workers.submit(work).add_done_callback(arrived)

    def close(self) -> None:
        """Stop following; nothing of this view is called any more."""
        self._closed = True
        for watcher in self._watchers:
            self.session.state.param.unwatch(watcher)
        self._watchers.clear()
        with _lock:
            waiting = _due.get(self._document, _Due()).handlers if self._document is not None else {}
            for handler in [handler for handler, view in waiting.items() if view is self]:
                del waiting[handler]

    def attempt(self, action: Callable[[], Any]) -> Any:
        """Do what the person asked for; what stands in the way is told as a message."""
        try:
            return action()
        except (ValueError, OSError) as error:
            self.session.notify(str(error), _level(error))
            return None

    def _run(self, handler: Handler) -> None:
        if self._closed:
            return
        try:
            handler()
        except Exception:  # a pane that fails must not take the page with it
            log.exception("%s failed", getattr(handler, "__qualname__", handler))
            self.session.notify("A part of the page could not be drawn; the log has the details.", "error")


def _level(error: Exception) -> Literal["info", "warning", "error"]:
    if isinstance(error, StaleFocusError):
        return "info"  # a key pressed too fast: it harmed nothing, and the message goes by itself
    return "warning" if isinstance(error, SessionError) else "error"


def run_due(document: Any) -> None:
    """Run all that is due in a page, or only what comes first if there is such; the rest then follows by itself.

    A page that is still being built may lose the call that was ordered for it; its clock therefore calls this too.
    """
    with _lock:
        due = _due.pop(document, _Due())
        waiting = due.handlers
        now = {handler: view for handler, view in waiting.items() if handler in view._first} or waiting
        if due.changed <= _LIGHT:
            now = waiting
        rest = {handler: view for handler, view in waiting.items() if handler not in now}
        if rest:  # what is due meanwhile joins it
            _due[document] = _Due(rest, due.changed, in_a_frame=True)
    with hold(document):
        for handler, view in now.items():
            view._run(handler)
    if rest:
        document.add_timeout_callback(partial(run_due, document), _FRAMES_MS)
