"""The contact sheet pane: images of many sources side by side, labelled by keys."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, get_args

import panel as pn

from astronomical.config.schema import PaneConfig
from astronomical.dashboard.panes.sheet.components import SheetGrid
from astronomical.dashboard.panes.sheet.confirm import label_all, question_about
from astronomical.dashboard.panes.sheet.cursor import SheetCursor
from astronomical.dashboard.panes.sheet.images import SheetImages
from astronomical.dashboard.panes.sheet.tiles import (
    NO_CHOICE,
    ImageChoice,
    ImagePlace,
    disputed_tile,
    first_open,
    image_choices,
    tile_of,
)
from astronomical.dashboard.ui.confirm_dialog import ConfirmDialog
from astronomical.dashboard.ui.session_view import SessionView
from astronomical.services.tile_images import TileImages
from astronomical.session import Session
from astronomical.session.evaluation.contact_sheet import SheetKind, SheetSources
from astronomical.session.labelling.similar import JOB_NAME, Keep

__all__ = ["SHOW", "ContactSheetPane"]

#: Prefix of the action of a pane that shows a list.
SHOW = "show:"
_KINDS: dict[SheetKind, str] = {
    "queries": "Queries",
    "selection": "Selection",
    "similar": "Similar sources",
    "suspects": "Suspects",
    "threshold": "Near the threshold",
    "disagreements": "Disagreements",
}
_KEEPS: dict[Keep, str] = {"all": "All sources", "unlabelled": "Unlabelled only", "other": "Labelled otherwise"}
_SIZES = (12, 24, 40, 60)
_DEFAULTS = {"kind": "queries", "image": "", "size": 24, "like": "source", "keep": "all"}
#: Maximum number of similar sources that are searched for.
_MOST = _SIZES[-1]


class ContactSheetPane(SessionView):
    """Tiles with image, id and probability of the sources of a list.

    The cursor is the selected source. The list stays as it is while its sources are labelled.

    Parameters
    ----------
    session
        The project shown.
    images
        Small images of sources.
    config
        Position and settings of the pane: ``kind`` of the list, ``image``, ``size``, and ``like`` and ``keep`` of a
        search for similar sources.
    keep_settings
        Called with the new settings when the user changes them.
    cursor
        Which contact sheet of the page has the keyboard.

    Attributes
    ----------
    view
        The Panel object that fills the pane.
    """

    def __init__(
        self,
        session: Session,
        images: TileImages,
        config: PaneConfig,
        keep_settings: Callable[[dict[str, Any]], None],
        cursor: SheetCursor,
    ) -> None:
        super().__init__(session)
        self._keep_settings, self._cursor = keep_settings, cursor
        self._settings = _checked(config.settings)
        self._listing = self.latest()
        self._sources = SheetSources(self._kind, (), 0, "")
        self._active = session.state.active
        self._grid = SheetGrid(self._on_event)
        self._images = SheetImages(self, images, self._show_images)
        self._dialog = ConfirmDialog()
        self.view = pn.Column(
            self._grid, self._dialog.view, sizing_mode="stretch_both", margin=0, styles={"overflow": "hidden"}
        )
        self.follow(self._show_cursor, "focus", first=True)
        self.follow(self._show_tiles, "ledger", first=True)
        self.follow(self._show_tiles, "rounds", "curating", "config", "active")
        self.follow(self._show_head, "active", "config", "selection", "focus", "jobs")
        self.follow(self._queries_changed, "queues", "active")
        for name, kind in (("selection", "selection"), ("similar", "similar"), ("suspects", "suspects")):
            self.follow(partial(self._list_if, kind), name)
        self.follow(self._round_changed, "rounds", "active")
        self._show_head()
        self._show_cursor()
        self._list()

    def close(self) -> None:
        """Close the pane, and drop its requests."""
        super().close()
        self._cursor.release(self._following)
        self._listing.drop()
        self._images.close()

    def on_action(self, action: str) -> None:
        """Show the list of an action such as ``show:similar``."""
        kind = action.removeprefix(SHOW)
        if kind in _KINDS:
            self._choose("kind", kind)

    # -- list ---------------------------------------------------------------------------------------

    @property
    def _kind(self) -> SheetKind:
        return self._settings["kind"]  # type: ignore[no-any-return]

    @property
    def _image(self) -> ImageChoice:
        """The image of the tiles: the chosen one, else the first one."""
        choices = image_choices(self.session)
        return choices.get(self._settings["image"]) or next(iter(choices.values()), NO_CHOICE)

    def _list(self, *, insist: bool = False) -> None:
        """List the sources again, outside the event loop."""
        session, kind, size, image = self.session, self._kind, self._settings["size"], self._image

        def work() -> tuple[SheetSources, list[ImagePlace]]:
            sources = session.sheet.sources(kind, size)
            return sources, image.places(session.dataset.catalogue, sources.ids)

        def show(found: tuple[SheetSources, list[ImagePlace]]) -> None:
            self._sources, places = found
            session.sheet.ask(self._sources)
            n = self._images.renew()
            self._grid.tiles = {"n": n, "tiles": [self._tile(id) for id in self._sources.ids]}
            self._images.request(image, dict(zip(self._sources.ids, places, strict=True)), insist=insist)
            self._show_head()

        self._listing.run(work, show, self.report, what="Listing the sources")

    def _list_if(self, kind: str) -> None:
        if self._kind == kind:
            self._list()

    def _queries_changed(self) -> None:
        """List the queries of the learner once none of those shown is open, so that tiles keep their places."""
        queue = self.session.state.queues.get(self.session.state.active or "", ())
        if self._kind == "queries" and queue and not any(map(self.session.sheet.is_asked, self._sources.ids)):
            self._list()

    def _round_changed(self) -> None:
        """List what belongs to another learner, or to the first round; a later round does not move the tiles."""
        changed, self._active = self._active != self.session.state.active, self.session.state.active
        if changed or (self._kind == "threshold" and not self._sources.ids):
            self._list()

    # -- display -----------------------------------------------------------------------------------

    def _show_cursor(self) -> None:
        self._grid.cursor = self.session.state.focus or ""

    def _show_tiles(self) -> None:
        """Update probabilities and answers."""
        shown = [self._tile(id) for id in self._sources.ids if id in self.session.dataset.catalogue]
        if len(shown) == len(self._sources.ids) and shown != self._grid.tiles["tiles"]:
            self._grid.tiles = {**self._grid.tiles, "tiles": shown}
            self._show_head()

    def _show_head(self) -> None:
        state, settings = self.session.state, self._settings
        images = {key: choice.title for key, choice in image_choices(self.session).items()}
        chosen = settings["image"] if settings["image"] in images else next(iter(images), "")
        searching = any(job.name == JOB_NAME for job in state.jobs)
        classes = [(name, state.config.shown(name)) for name in state.config.class_names]
        like = {
            "source": "Selected source",
            "selection": "Selection",
            **{f"class:{name}": f"Labels of {title}" for name, title in classes},
        }
        search = (
            _choice("like", "Like", "Examples to which similar sources are searched for", like, settings["like"]),
            _choice("keep", "Among", "Sources that are searched", _KEEPS, settings["keep"]),
        )
        self._grid.head = {
            "choices": [
                _choice("kind", "Show", "Sources to show", _KINDS, self._kind),
                _choice("image", "Image", "Image of the tiles", images or {"": NO_CHOICE.title}, chosen),
                _choice("size", "Tiles", "Maximum number of tiles", {str(n): str(n) for n in _SIZES}, settings["size"]),
            ],
            "similar": list(search) if self._kind == "similar" else [],
            "finds": not searching,
            "classes": classes,
            "note": "Searching…" if searching and self._kind == "similar" else self._note(),
            "retry": self._images.can_retry,
        }

    def _note(self) -> str:
        found = self._sources
        if not found.ids:
            return found.text
        n_answered = sum(map(self._is_answered, found.ids))
        more = f" of {found.n_all:,}" if found.n_all > len(found.ids) else ""
        order = ", best first" if found.kind == "queries" else ""
        return f"{found.text[:1].upper()}{found.text[1:]}{order}: {len(found.ids)}{more}, {n_answered} answered."

    def _show_images(self, n: int, start: int, images: list[tuple[str, dict[str, Any]]]) -> None:
        could = self._grid.head["retry"]
        self._grid.arrived = {"n": n, "start": start, "images": images}
        if could != self._images.can_retry:
            self._show_head()

    # -- input -------------------------------------------------------------------------------------

    def _on_event(self, event: str, told: dict[str, Any]) -> None:
        actions: dict[str, Callable[[], Any]] = {
            "choose": lambda: self._choose(str(told["name"]), str(told["value"])),
            "update": lambda: self._list(insist=True),
            "retry": self._retry,
            "find": self._find,
            "go": lambda: self.session.focus(str(told["id"])),
            "all": lambda: self._ask_all(told),
            "keyboard": lambda: self._take_keyboard(bool(told["on"])),
            "again": self._images.send_again,
        }
        self.run_command(actions[event])

    def _choose(self, name: str, value: str) -> None:
        settings = _checked({**self._settings, name: int(value) if name == "size" and value.isdecimal() else value})
        if settings == self._settings:
            return
        self._settings = settings
        self._keep_settings(settings)
        if name in ("kind", "size", "image"):
            self._list()
        self._show_head()

    def _retry(self) -> None:
        self._images.retry()
        self._show_head()

    def _find(self) -> None:
        like, state = self._settings["like"], self.session.state
        examples: dict[str, Any] = {"ids": state.selection} if like == "selection" else {}
        if like.startswith("class:"):
            examples = {"class_name": like.removeprefix("class:")}
        self.session.similar.find(**examples, n=_MOST, keep=self._settings["keep"])

    def _ask_all(self, told: dict[str, Any]) -> None:
        """Ask before all sources are labelled that the page showed without an answer."""
        keys = {key: name for name, key in self.session.state.config.label_keys.items()}
        label = keys.get(str(told["key"]), "") if "key" in told else str(told["label"])
        shown = frozenset(map(str, told["ids"]))
        if label not in self.session.state.config.class_names:
            return
        ids = [id for id in self._sources.ids if id in shown and not self._is_answered(id)]
        if not ids:
            self.session.notify("All sources shown have an answer already.")
            return
        self._dialog.ask(
            "Label all shown",
            question_about(self.session, label, ids),
            "Label",
            lambda: self.run_command(
                partial(label_all, self.session, label, ids, decide=self._sources.kind == "disagreements")
            ),
        )

    def _take_keyboard(self, on: bool) -> None:
        if on:
            self._cursor.take(self._following)
        else:
            self._cursor.release(self._following)

    def _following(self, id: str) -> str | None:
        """Return the source to select after a label of one in this sheet."""
        return first_open(self._is_answered, self._sources.ids, id) if id in self._sources.ids else None

    def _is_answered(self, id: str) -> bool:
        """Return whether nothing is left to say about a source: it has a label, or annotators do not disagree on it."""
        sheet = self.session.sheet
        if self._sources.kind != "disagreements":
            return sheet.is_answered(id)
        found = sheet.disagreement(id)
        return found is None or found.decided is not None

    def _tile(self, id: str) -> dict[str, Any]:
        disputed = self._sources.kind == "disagreements"
        return disputed_tile(self.session, id) if disputed else tile_of(self.session, id)


def _choice(name: str, title: str, tip: str, options: Any, value: object) -> dict[str, Any]:
    return {"name": name, "title": title, "tip": tip, "value": str(value), "options": list(options.items())}


def _checked(settings: Any) -> dict[str, Any]:
    """Return the settings of a sheet, with defaults in place of missing and of unknown values."""
    made = {**_DEFAULTS, **{key: value for key, value in settings.items() if key in _DEFAULTS}}
    allowed = {"kind": tuple(_KINDS), "keep": get_args(Keep), "size": _SIZES}
    made |= {key: _DEFAULTS[key] for key, values in allowed.items() if made[key] not in values}
    return made | {key: _DEFAULTS[key] for key in ("image", "like") if not isinstance(made[key], str)}
