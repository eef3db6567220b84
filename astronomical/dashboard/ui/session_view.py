"""Base class of views that react to changes of the session state."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from threading import Lock
from typing import Any, Literal, TypeVar
from weakref import WeakKeyDictionary

import panel as pn
from panel.io.document import hold

from astronomical.errors import explain
from astronomical.session import Session
from astronomical.session.errors import SessionError, StaleFocusError
from astronomical.tasks import CancelledError, Latest, Task, Workers

log = logging.getLogger(__name__)
Handler = Callable[[], None]
T = TypeVar("T")
#: Time between the two messages, in which the browser paints the content of the first.
_FRAMES_MS = 40
#: If only these values changed, for example after a click on a point, all updates are small and sent in one message.
_LIGHT = frozenset({"focus", "history", "jobs", "likely"})
#: Times in s after which background work no longer blocks other work of the view, and after which it is given up.
_OVERTAKE_S, _GIVE_UP_S = 2.0, 120.0
_THREADS = 4


@dataclass
class _Due:
    """Pending updates of a page: handlers with their views, changed values, and scheduled calls."""

    handlers: dict[Handler, SessionView] = field(default_factory=dict)
    changed: set[str] = field(default_factory=set)
    at_once: bool = False
    in_a_frame: bool = False


_due: WeakKeyDictionary[Any, _Due] = WeakKeyDictionary()
#: Lock for the pending updates, because states can change in other threads than that of the page.
_lock = Lock()


class SessionView:
    """Base class of the parts of a page. A view reads the state, sends commands to the session, and has no data.

    Several pages can show the same session. Each handler runs in the document of its own page, once for any number of
    simultaneous changes. Updates of a page are sent to the browser in two messages. The first updates everything that
    shows the source or accepts labels, so that a key always labels the source on the screen. The second updates plots
    and lists, which take longer to draw. If only the selected source has changed, one message is enough.

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
        self._closed = self._asleep = False
        #: Handlers to call once the view can be seen again, with the values that changed.
        self._missed: dict[Handler, set[str]] = {}
        self._workers = Workers(type(self).__name__, _THREADS, overtake_s=_OVERTAKE_S, give_up_s=_GIVE_UP_S)

    @property
    def is_served(self) -> bool:
        """Whether the view is in a page of a server."""
        return self._document is not None and self._document.session_context is not None

    def follow(self, handler: Handler, *names: str, first: bool = False) -> None:
        """Call a handler after each change of these values of the state, until the view is closed.

        Parameters
        ----------
        handler
            Function to call.
        *names
            Names of values of the state.
        first
            Whether the handler updates what shows the selected source or accepts labels for it. These updates are
            sent together in the first message.
        """
        if first:
            self._first.add(handler)
        self._watchers.append(
            self.session.state.param.watch(
                lambda *events: self._state_changed(handler, [event.name for event in events]), list(names)
            )
        )

    def _state_changed(self, handler: Handler, changed: Iterable[str]) -> None:
        if self._asleep:
            self._missed.setdefault(handler, set()).update(changed)
        else:
            self.call_soon(handler, *changed)

    def sleep(self) -> None:
        """Follow no changes until `wake`, because the view is out of sight."""
        self._asleep = True

    def wake(self) -> None:
        """Follow changes again, and catch up with those that were missed; each handler is called once."""
        self._asleep = False
        missed, self._missed = self._missed, {}
        for handler, changed in missed.items():
            self.call_soon(handler, *changed)

    def call_soon(self, handler: Handler, *changed: str) -> None:
        """Call a handler once in the document of this page. This can be called from any thread.

        Parameters
        ----------
        handler
            Function to call.
        *changed
            Names of the changed values of the state; without names, any value may have changed.
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
            # Work that waits for the end of a frame must not delay the first message.
            order = not due.at_once and (handler in self._first or not due.in_a_frame)
            due.at_once |= order
        if order:
            document.add_next_tick_callback(partial(run_due, document))

    def run_in_thread(self, work: Callable[[], T], done: Callable[[T], None]) -> None:
        """Run work in a thread, and call `done` in the page with its result. The work must not change the page.

        Errors are shown as messages. Nothing is called after the view is closed.
        """
        document = self._document
        if document is None or not self.is_served:
            self.run_command(lambda: done(work()))
            return

        def arrived(task: Task[T]) -> None:
            def hand_over() -> None:
                if not self._closed:
                    self.run_command(lambda: done(task.result()))

            if document.session_context is not None:
                document.add_next_tick_callback(hand_over)

        self._workers.submit(work).when_settled(arrived)

    def latest(self) -> Latest:
        """Return a runner for background work of this view that keeps only the result of the latest request."""
        return Latest(self._workers, self.call_soon, lambda: self.is_served)

    def report(self, error: BaseException) -> None:
        """Report an error of background work: as a message if the user can fix it, else in the log."""
        if isinstance(error, ValueError | OSError):
            self.session.notify(explain(error), _level(error))
        else:
            log.error("background work of %s failed", type(self).__name__, exc_info=error)
            self.session.notify("A part of the page could not be updated. The log has the details.", "error")

    def close(self) -> None:
        """Stop watching the state. Handlers of this view are no longer called."""
        self._closed = True
        self._missed.clear()
        self._workers.cancel_all()
        for watcher in self._watchers:
            self.session.state.param.unwatch(watcher)
        self._watchers.clear()
        with _lock:
            waiting = _due.get(self._document, _Due()).handlers if self._document is not None else {}
            for handler in [handler for handler, view in waiting.items() if view is self]:
                del waiting[handler]

    def run_command(self, action: Callable[[], Any]) -> Any:
        """Run a command of the user, and show errors as messages."""
        try:
            return action()
        except CancelledError:
            return None
        except Exception as error:
            self.report(error)
            return None

    def _run(self, handler: Handler) -> None:
        if self._closed:
            return
        try:
            handler()
        except Exception:  # an error in one pane must not stop the page
            log.exception("%s failed", getattr(handler, "__qualname__", handler))
            self.session.notify("A part of the page could not be updated. The log has the details.", "error")


def _level(error: BaseException) -> Literal["info", "warning", "error"]:
    if isinstance(error, StaleFocusError):
        return "info"  # a key was pressed too fast; nothing was recorded, and the message disappears by itself
    return "warning" if isinstance(error, SessionError) else "error"


@contextmanager
def drawn_together(document: Any) -> Iterator[None]:
    """Send all changes of a page in one message, and search the page for new models at most once.

    Such a search takes longer than all changes for a new source, so there is none if no model was added or removed.
    `freeze` of Bokeh would always search at its end.
    """
    own: dict[str, Any] = {} if document is None else vars(document.models)
    if document is None or "recompute" in own:  # no page, or this is a part of a larger change
        yield
        return
    search, changed = document.models.recompute, False

    def search_later() -> None:
        nonlocal changed
        changed = True

    with hold(document):
        own["recompute"] = search_later
        try:
            yield
        finally:
            del own["recompute"]
            if changed:
                search()


def run_due(document: Any) -> None:
    """Run all pending updates of a page, or only those of the first message; the others then follow automatically.

    A page that is still being built may lose a scheduled call, so the page also calls this periodically.
    """
    with _lock:
        due = _due.pop(document, _Due())
        waiting = due.handlers
        now = {handler: view for handler, view in waiting.items() if handler in view._first} or waiting
        if due.changed <= _LIGHT:
            now = waiting
        rest = {handler: view for handler, view in waiting.items() if handler not in now}
        if rest:  # updates that become pending in the meantime are added
            _due[document] = _Due(rest, due.changed, in_a_frame=True)
    if now:
        with drawn_together(document):
            for handler, view in now.items():
                view._run(handler)
    if rest:
        document.add_timeout_callback(partial(run_due, document), _FRAMES_MS)
