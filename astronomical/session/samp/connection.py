"""Exchange sources, rows and positions of a session with other programs."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import param

from astronomical.services.samp import SampError, SampLink
from astronomical.session import Session
from astronomical.session.data.source_search import REACH_ARCSEC, distance_text
from astronomical.session.samp.tables import Exchange, Format
from astronomical.tasks.jobs import Dispatch

__all__ = ["SampBridge"]

_FORMATS: tuple[tuple[str, Format], ...] = (("table.load.votable", "votable"), ("table.load.fits", "fits"))


class SampBridge(param.Parameterized):
    """Connection of a session to a SAMP hub.

    Methods that send or connect wait for the hub: do not call them on the event loop. Incoming messages change the
    session through `dispatch`.

    Parameters
    ----------
    session
        The project.
    dispatch
        Called with a function to run where state may be written.
    """

    connected = param.Boolean(default=False, doc="Whether the session is connected to a hub.")

    def __init__(self, session: Session, dispatch: Dispatch) -> None:
        super().__init__()
        self._session = session
        self._dispatch = dispatch
        self._exchange = Exchange(session.dataset.catalogue)
        self._link = SampLink(self._receive, self._lost)
        self._from_outside: str | None = None

    def connect(self) -> str:
        """Connect to the hub, and return a message for the user."""
        self._link.connect()
        self.connected = True
        names = self._link.takers("coord.pointAt.sky")
        return "Connected." + (f" Other programs: {', '.join(names)}." if names else "")

    def disconnect(self) -> str:
        """Disconnect, and return a message for the user."""
        self._link.disconnect()
        self.connected = False
        return "Disconnected."

    def close(self) -> None:
        """Disconnect, and remove the files that were sent."""
        self.disconnect()
        self._exchange.close()

    def send_source(self, id: str, *, again: bool = True) -> str:
        """Show a source in the other programs: its position, and its row in tables that they have.

        Parameters
        ----------
        id
            The source.
        again
            Whether to send it even if another program has just pointed at it here.
        """
        if not again and id == self._from_outside:
            return ""
        catalogue = self._session.dataset.catalogue
        takers = set()
        position = catalogue.position_of(id)
        if position is not None:
            takers |= set(self._link.takers("coord.pointAt.sky"))
            self._link.tell("coord.pointAt.sky", ra=f"{position[0]:.8f}", dec=f"{position[1]:.8f}")
        for table, rows in self._exchange.rows_of([id]):
            takers |= set(self._link.takers("table.highlight.row"))
            self._link.tell("table.highlight.row", table_id=table, row=rows[0])
        return f"{id} sent to {', '.join(sorted(takers))}." if takers else "No other program accepts positions."

    def send_selection(self) -> str:
        """Select the selected sources in the newest shared table that has them all; otherwise send them as a table."""
        ids = self._session.state.selection
        if not ids:
            raise SampError("No sources are selected.")
        tables = self._exchange.rows_of(ids)
        takers = self._link.takers("table.select.rowList")
        if not tables or not takers:
            return self.send_table(ids, "Selection")
        self._link.tell("table.select.rowList", table_id=tables[0][0], row_list=tables[0][1])
        return f"{len(ids):,} rows selected in {', '.join(takers)}."

    def send_table(self, ids: Sequence[str] | None = None, title: str = "Sources") -> str:
        """Send a table of sources with the columns shown in the pane; None sends all sources."""
        catalogue, config = self._session.dataset.catalogue, self._session.state.config
        ids = catalogue.ids_at(range(catalogue.n_rows)) if ids is None else ids
        chosen = config.catalogue.extra_columns or config.features.columns
        for mtype, format in _FORMATS:
            takers = self._link.takers(mtype)
            if takers:
                url, name = self._exchange.write(ids, chosen, format)
                self._link.tell(mtype, url=url, table_id=name, name=f"{title} of {config.project.title}")
                return f"{len(ids):,} sources sent to {', '.join(takers)}."
        return "No other program accepts tables."

    # -- what comes in ------------------------------------------------------------------------------

    def _receive(self, mtype: str, params: Mapping[str, Any]) -> None:
        """Process a message, in a thread of the link."""
        try:
            change = self._change_for(mtype, params)
        except SampError as error:
            text = f"A message from another program could not be used: {error}."
            change = lambda: self._session.notify(text, "warning")  # noqa: E731
        if change is not None:
            self._dispatch(change)

    def _change_for(self, mtype: str, params: Mapping[str, Any]) -> Callable[[], None] | None:
        """Return the change that a message requests."""
        if mtype.startswith("table.load."):
            ids = self._exchange.read(params, "fits" if mtype.endswith("fits") else "votable")
            return lambda: self._take_table(ids, str(params.get("name") or "a table"))
        if mtype == "table.highlight.row":
            id = self._exchange.id_of(params, str(params.get("row", "")))
            return None if id is None else lambda: self._focus(id)
        if mtype == "table.select.rowList":
            rows = params.get("row-list", [])
            if not isinstance(rows, list | tuple):
                raise SampError("a selection that is not a list of rows")
            chosen = self._exchange.ids_of(params, [str(row) for row in rows])
            return None if chosen is None else lambda: self._session.select(chosen)
        if mtype == "coord.pointAt.sky":
            return self._pointed_at(params)
        return None

    def _pointed_at(self, params: Mapping[str, Any]) -> Callable[[], None] | None:
        try:
            ra, dec = float(params["ra"]), float(params["dec"])
        except (KeyError, ValueError, TypeError):
            raise SampError("a position without numbers") from None
        sky = self._session.lookup.sky
        nearest = sky.nearest(ra, dec) if sky is not None and abs(dec) <= 90 else None
        if nearest is None or nearest[1] > REACH_ARCSEC:
            text = f"Another program points at {ra:.5f} {dec:+.5f}; no source within {distance_text(REACH_ARCSEC)}."
            return lambda: self._session.notify(text)
        id = self._session.dataset.catalogue.id_at(nearest[0])
        return lambda: self._focus(id)

    def _focus(self, id: str) -> None:
        self._from_outside = id
        self._session.focus(id)

    def _take_table(self, ids: tuple[str, ...], name: str) -> None:
        self._session.select(ids)
        self._session.notify(
            f"{name} received: {len(ids):,} of its rows match sources of this catalogue and are selected.", "success"
        )

    def _lost(self) -> None:
        self.connected = False
        self._dispatch(lambda: self._session.notify("The SAMP hub has closed.", "warning"))
