"""Orders at a host: newest first, a few at a time, what is only likely to be wanted last."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from typing import Any

from astronomical.services.http import Transfer

__all__ = ["HostQueue", "Order", "Ticket"]

_log = logging.getLogger(__name__)


class Ticket:
    """Something that was ordered. Cancel it when it is not wanted any more."""

    def __init__(self, done: Callable[[Any], None]) -> None:
        self._done = done
        self._settled = False
        self.order: Order | None = None
        self._lock = threading.Lock()

    def cancel(self) -> bool:
        """Drop the request, broken off if under way; return whether that kept `done` from being called."""
        with self._lock:
            if self._settled:
                return False
            self._settled = True
        if self.order is not None:
            self.order.leave()
        return True

    @property
    def is_open(self) -> bool:
        """Whether somebody still waits for this."""
        return not self._settled

    def deliver(self, result: Any) -> None:
        """Hand the result over, unless the ticket was cancelled."""
        with self._lock:
            if self._settled:
                return
            self._settled = True
        try:
            self._done(result)
        except Exception:
            _log.exception("What was to be done with a result failed")


class Order:
    """One thing to fetch, for any number of tickets; it is broken off when the last of them is cancelled.

    Parameters
    ----------
    key
        What is fetched; equal orders are joined.
    serve
        Fetches it, in a thread of the host.
    timeout_s
        Limit of the transfer.
    """

    def __init__(self, key: object, serve: Callable[[Transfer], Any], timeout_s: float) -> None:
        self.key = key
        self.urgent = False
        self._serve = serve
        self._timeout_s = timeout_s
        self._tickets: list[Ticket] = []
        self._transfer: Transfer | None = None
        self._closed = False
        self._lock = threading.Lock()

    def join(self, ticket: Ticket, *, urgent: bool) -> bool:
        """Wait for this order too; return False if it is too late for that."""
        with self._lock:
            if self._closed:
                return False
            self._tickets.append(ticket)
            ticket.order = self
            self.urgent |= urgent
            return True

    def leave(self) -> None:
        """Break the order off if nobody waits for it any more."""
        with self._lock:
            if self._closed or any(ticket.is_open for ticket in self._tickets):
                return
            self._closed = True
            if self._transfer is not None:
                self._transfer.stop()

    @property
    def is_open(self) -> bool:
        """Whether somebody still waits for it."""
        return not self._closed

    def cancel(self) -> None:
        """Cancel all tickets."""
        for ticket in tuple(self._tickets):
            ticket.cancel()

    def run(self) -> None:
        """Fetch, and hand the result to all who wait."""
        transfer = Transfer(self._timeout_s)
        with self._lock:
            if self._closed:
                return
            self._transfer = transfer
        result = self._serve(transfer)
        with self._lock:
            self._closed = True
            tickets = tuple(self._tickets)
        for ticket in tickets:
            ticket.deliver(result)


class HostQueue:
    """The orders at one host, and the daemon threads that serve them; they start when first needed.

    Parameters
    ----------
    name
        Name of the threads.
    n_threads
        How many requests the host gets at a time; of those that are not urgent one less, so that an urgent one
        never waits for them.
    """

    def __init__(self, name: str, n_threads: int) -> None:
        self._name = name
        self._limit = n_threads
        self._orders: list[Order] = []
        self._running: set[Order] = set()
        self._n_threads = 0
        self._changed = threading.Condition()
        self._closed = False

    def put(self, order: Order) -> None:
        """Add an order."""
        with self._changed:
            if not self._closed:
                self._orders = [waiting for waiting in self._orders if waiting.is_open]
                self._orders.append(order)
                if self._n_threads < min(self._limit, len(self._orders) + len(self._running)):
                    self._n_threads += 1
                    threading.Thread(target=self._work, name=f"cutouts-{self._name}", daemon=True).start()
                self._changed.notify_all()
                return
        order.cancel()

    def find(self, key: object) -> Order | None:
        """Return the order of a key that is waiting or under way."""
        with self._changed:
            return next((order for order in (*self._running, *self._orders) if order.key == key and order.is_open),
                        None)

    def hurry(self) -> None:
        """Look at the orders again: one of them has become urgent."""
        with self._changed:
            self._changed.notify_all()

    def close(self) -> None:
        """Cancel all orders and end the threads."""
        with self._changed:
            self._closed = True
            left = {*self._orders, *self._running}
            self._orders.clear()
            self._changed.notify_all()
        for order in left:
            order.cancel()

    def _work(self) -> None:
        while True:
            with self._changed:
                while (order := self._next()) is None and not self._closed:
                    self._changed.wait()
                if order is None:
                    return
                self._orders.remove(order)
                self._running.add(order)
            try:
                order.run()
            except Exception:
                _log.exception("An order at %s failed", self._name)
            finally:
                with self._changed:
                    self._running.discard(order)
                    self._changed.notify_all()

    def _next(self) -> Order | None:
        """Return the newest urgent order; failing that, the oldest other one if that leaves a thread free."""
        waiting = [order for order in self._orders if order.is_open]
        urgent = [order for order in waiting if order.urgent]
        if self._closed or urgent:
            return urgent[-1] if urgent and not self._closed else None
        n_idle_runs = sum(not order.urgent for order in self._running)
        return waiting[0] if waiting and n_idle_runs < max(1, self._limit - 1) else None
