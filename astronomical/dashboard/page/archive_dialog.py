"""Dialog that fetches a table from an archive: choose service, table, columns and a part of the sky, or write ADQL."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import panel as pn
import panel_material_ui as pmui

from astronomical.dashboard.ui.components import Message, hint, leave_button, row, words_for
from astronomical.dashboard.ui.dialog import Dialog
from astronomical.dashboard.ui.stoppable import StoppableProgress
from astronomical.dashboard.ui.styles import PLAIN_DIALOG, PLAIN_NUMBER
from astronomical.errors import InvalidInputError, explain
from astronomical.learning.scoring import CancelCheck
from astronomical.paths import local_path
from astronomical.services.archives.adql import Cone, build_query, count_query
from astronomical.services.archives.tap import SERVICES, ArchiveColumn, ArchiveTable, TapArchive
from astronomical.services.network import allows_private, refuse_offline
from astronomical.services.proxy import read_proxy
from astronomical.services.transfer import FetchError
from astronomical.session.project.example import projects_folder
from astronomical.tasks import Workers

__all__ = ["ArchiveDialog"]

T = TypeVar("T")
Said = Callable[[str], None]
_OTHER = "Another TAP service"
_LIMIT, _MAX_LIMIT = 10_000, 3_000_000
#: Maximum number of characters of a description that are shown beside a name.
_SHOWN = 60
_EXPLAIN = (
    "Fetch a table from an archive into a Parquet file on this computer, and make a project from it. The project file "
    "keeps the service, the query and the time."
)


class ArchiveDialog:
    """Fetch a table from a service that speaks TAP.

    Parameters
    ----------
    on_fetched
        Called with the file once a table was fetched.

    Attributes
    ----------
    view
        Panel object to show.
    """

    def __init__(self, on_fetched: Callable[[Path], None]) -> None:
        self._on_fetched = on_fetched
        self._columns: tuple[ArchiveColumn, ...] = ()
        self._written = ""
        self._workers = Workers("archive", 2, overtake_s=5.0)
        wide: dict[str, Any] = {"size": "small", "sizing_mode": "stretch_width"}
        self._service = pmui.Select(label="Archive", options=[*SERVICES, _OTHER], value=next(iter(SERVICES)), **wide)
        self._url = pmui.TextInput(label="Address of the service", placeholder="https://…/tap", visible=False, **wide)
        self._words = pmui.TextInput(label="Search for a table", placeholder="I/239, gaia, allwise …", **wide)
        self._find = pmui.Button(label="Find tables", variant="outlined", margin=(7, 10))
        self._table = pmui.Select(label="Table", options=[], value=None, visible=False, **wide)
        self._chosen = pmui.MultiChoice(label="Columns; all if none is chosen", options=[], sizing_mode="stretch_width")
        self._ra = pmui.TextInput(label="Right ascension (°)", placeholder="all", **wide)
        self._dec = pmui.TextInput(label="Declination (°)", placeholder="all", **wide)
        self._radius = pmui.TextInput(label="Radius (°)", placeholder="all", **wide)
        self._limit = pmui.IntInput(
            label="Rows at most", sx=PLAIN_NUMBER, value=_LIMIT, start=1, end=_MAX_LIMIT, **wide
        )
        self._query = pmui.TextAreaInput(
            label="Query (ADQL)", rows=3, auto_grow=True, sizing_mode="stretch_width", size="small"
        )
        self._file = pmui.TextInput(label="File to write (.parquet)", **wide)
        self._message, self._progress = Message(severity="info"), StoppableProgress()
        self._count = pmui.Button(label="Count the rows", variant="outlined")
        self._fetch = pmui.Button(label="Fetch", variant="contained", disabled=True)
        close = leave_button("Close", self.close)
        self._form = pn.Column(
            self._chosen,
            row(self._ra, self._dec, self._radius, self._limit),
            visible=False,
            sizing_mode="stretch_width",
            margin=0,
        )
        self.view = Dialog(
            hint(_EXPLAIN),
            self._service,
            self._url,
            row(self._words, self._find),
            self._table,
            self._form,
            self._query,
            self._file,
            self._message.view,
            self._progress.view,
            pn.Row(self._count, self._fetch, self._progress.stop, close),
            title="From an archive",
            open=False,
            width_option="md",
            sx=PLAIN_DIALOG,
        )
        self._service.param.watch(self._on_service, "value")
        self._words.param.watch(self._on_find, "enter_pressed")
        self._find.on_click(self._on_find)
        self._table.param.watch(self._on_table, "value")
        for widget in (self._chosen, self._ra, self._dec, self._radius, self._limit):
            widget.param.watch(lambda _: self._write_query(), "value")
        self._query.param.watch(lambda event: self._show_ready(), "value")
        self._count.on_click(self._on_count)
        self._fetch.on_click(self._on_fetch)

    def open(self) -> None:
        """Open the dialog."""
        self._message.show("")
        self.view.open = True

    def close(self) -> None:
        """Close the dialog, and stop what is running."""
        self._progress.cancel()
        self.view.open = False

    # -- the form -----------------------------------------------------------------------------------

    def _on_service(self, event: Any) -> None:
        self._url.visible = event.new == _OTHER
        self._table.param.update(options=[], value=None, visible=False)
        self._form.visible = False

    async def _on_find(self, _: Any) -> None:
        words = str(self._words.value_input or self._words.value)
        found = await self._work("Searching for tables", lambda archive: _reached(archive).tables(words))
        if found is None:
            return
        if not found:
            self._message.show("No table has this in its name or description.", "warning")
            return
        self._message.show(f"{len(found)} table{'' if len(found) == 1 else 's'} found. Choose one.")
        self._table.param.update(
            options={"Choose a table": None, **{_table_text(table): table.name for table in found}},
            value=None,
            visible=True,
        )

    async def _on_table(self, event: Any) -> None:
        name = event.new
        if name is None:
            return
        found = await self._work("Reading the columns", lambda archive: archive.columns(name))
        if found is None:
            return
        self._columns = found
        self._chosen.param.update(options={_column_text(column): column.name for column in found}, value=[])
        self._form.visible = True
        self._message.show("")
        self._file.value = str(projects_folder() / f"{re.sub(r'[^A-Za-z0-9]+', '_', name).strip('_')}.parquet")
        self._write_query()

    def _cone(self) -> Cone | None:
        given = [str(widget.value).strip() for widget in (self._ra, self._dec, self._radius)]
        if not any(given):
            return None
        try:
            ra, dec, radius = map(float, given)
        except ValueError:
            raise InvalidInputError(
                "Enter right ascension, declination and radius as numbers in degrees, or none of them."
            ) from None
        columns = [_position(self._columns, what) for what in ("pos.eq.ra", "pos.eq.dec")]
        if columns[0] is None or columns[1] is None:
            raise InvalidInputError("This table has no columns of positions. Remove the cone, or write the query.")
        return Cone(ra, dec, radius, columns[0], columns[1])

    def _write_query(self) -> None:
        """Write the query of the form, unless it was edited by hand."""
        if self._table.value is None:
            return
        if str(self._query.value).strip() not in ("", self._written):
            self._message.show("The query was edited, so the form does not change it. Empty it to use the form.")
            return
        try:
            written = build_query(self._table.value, self._chosen.value, self._cone(), self._limit.value)
        except InvalidInputError as error:
            self._message.show(str(error), "warning")
            return
        self._message.show("")
        self._query.value = self._written = written
        self._show_ready()

    def _show_ready(self) -> None:
        self._fetch.disabled = not str(self._query.value).strip()

    # -- requests -----------------------------------------------------------------------------------

    async def _on_count(self, _: Any) -> None:
        if self._table.value is None:
            self._message.show("Choose a table first. The rows of a query of your own are not counted.", "warning")
            return
        try:
            query = count_query(self._table.value, self._cone())
        except InvalidInputError as error:
            self._message.show(str(error), "warning")
            return
        n = await self._work("Counting the rows", lambda archive: _reached(archive).count(query))
        if n is not None:
            limit = int(self._limit.value or _LIMIT)
            more = f" Only {limit:,} of them will be fetched." if n > limit else ""
            self._message.show(f"{n:,} rows.{more}", "warning" if more else "success")

    async def _on_fetch(self, _: Any) -> None:
        query, limit = str(self._query.value).strip(), int(self._limit.value or _LIMIT)
        name = str(self._file.value)

        def fetch(archive: TapArchive, said: Said, cancelled: CancelCheck) -> Path:
            target = _checked(name)
            target.parent.mkdir(parents=True, exist_ok=True)
            _reached(archive).fetch(query, target, limit=limit, progress=said, cancelled=cancelled)
            return target

        target = await self._work_with_progress("Fetching the table", fetch)
        if target is not None:
            self.view.open = False
            self._on_fetched(target)

    async def _work(self, doing: str, work: Callable[[TapArchive], T]) -> T | None:
        return await self._work_with_progress(doing, lambda archive, *_: work(archive))

    async def _work_with_progress(self, doing: str, work: Callable[[TapArchive, Said, CancelCheck], T]) -> T | None:
        """Run work on the chosen archive in a thread; show its error, and return None then."""
        buttons = (self._find, self._count, self._fetch)
        self._message.show("")
        said, cancelled = self._progress.begin(doing)
        for button in buttons:
            button.disabled = True
        url = str(self._url.value).strip() if self._service.value == _OTHER else SERVICES[self._service.value]

        def run() -> T:
            refuse_offline()
            archive = TapArchive(url, allow_private=allows_private(), proxy=read_proxy())
            try:
                return archive.until(cancelled, lambda: work(archive, said, cancelled))
            finally:
                archive.close()

        try:
            return await self._workers.run_async(run, what=doing)
        except Exception as error:
            if self._progress.is_stopped:
                self._message.show("Stopped.", "info")
            else:
                failed = isinstance(error, FetchError)
                self._message.show(explain(error) if failed else words_for(error, doing), "error")
            return None
        finally:
            self._progress.end()
            for button in buttons:
                button.disabled = False
            self._show_ready()


def _reached(archive: TapArchive) -> TapArchive:
    """Return an archive after it has answered, which takes ten seconds at most."""
    archive.reach()
    return archive


def _checked(text: str) -> Path:
    """Return the file to write; refuse one that exists, or has another extension."""
    if not text.strip():
        raise InvalidInputError("Enter the file to write.")
    path = local_path(text.strip()).absolute()
    if path.suffix.lower() not in (".parquet", ".pq"):
        raise InvalidInputError("The name of the file must end in .parquet.")
    if path.exists():
        raise InvalidInputError(f"{path} exists already. Choose another name.")
    return path


def _position(columns: tuple[ArchiveColumn, ...], ucd: str) -> str | None:
    """Return the column of a coordinate: the main one by its UCD, else by its usual name."""
    found = [column for column in columns if column.ucd.casefold().startswith(ucd)]
    main = next((column.name for column in found if "meta.main" in column.ucd.casefold()), None)
    usual = ("ra", "raj2000", "ra_icrs") if ucd.endswith("ra") else ("dec", "dej2000", "de_icrs")
    named = next((column.name for column in columns if column.name.casefold() in usual), None)
    return main or named or next((column.name for column in found), None)


def _table_text(table: ArchiveTable) -> str:
    text = " ".join(table.description.split())
    return f"{table.name}: {text[:_SHOWN]}{'…' if len(text) > _SHOWN else ''}" if text else table.name


def _column_text(column: ArchiveColumn) -> str:
    unit = f" ({column.unit})" if column.unit else ""
    text = " ".join(column.description.split())
    return f"{column.name}{unit}{f': {text[:_SHOWN]}' if text else ''}"
