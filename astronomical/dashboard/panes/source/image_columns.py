"""Images named in the catalogue, with a tab for each column."""

from __future__ import annotations

from collections import deque
from functools import partial
from typing import Any

import panel as pn

from astronomical.dashboard.panes.source.cutouts import CutoutBox, data_url, scale_bar, sentence
from astronomical.dashboard.ui.session_view import SessionView
from astronomical.dashboard.ui.tab_row import TabRow
from astronomical.services.catalogue_images import CatalogueImage, CatalogueImageReader
from astronomical.services.services import Services
from astronomical.session import Session

__all__ = ["NO_VALUE", "ImageColumnsView"]

_FILL = """
.cutout { height: 100%; display: flex; flex-direction: column; }
.frame { flex: 1 1 0; min-height: 60px; aspect-ratio: auto; }
:host { height: 100%; }
"""
#: It fills what can be seen of its surroundings; the cutouts of surveys are below.
_STYLE = {"gap": "4px", "flex": "none", "height": "100%", "min-height": "200px"}
#: Without an image, it leaves that room to the cutouts of surveys.
_LOW_STYLE = {**_STYLE, "height": "110px", "min-height": "110px"}
NO_VALUE = frozenset({"", "—", "nan", "none", "null", "-", "--"})


class ImageColumnsView(SessionView):
    """Image of the selected source from a column of the catalogue.

    Parameters
    ----------
    session
        The project shown.
    services
        Services that provide the images.

    Attributes
    ----------
    view
        Panel object to show.
    """

    def __init__(self, session: Session, services: Services) -> None:
        super().__init__(session)
        self._pictures: CatalogueImageReader = services.pictures
        self._column = ""
        self._n_orders = 0
        self._ticket: Any = None
        self._arrived: deque[tuple[int, CatalogueImage]] = deque()
        self._tabs = TabRow(self._choose)
        self._box = CutoutBox(self._on_event, stylesheets=[_FILL], sizing_mode="stretch_both")
        self.view = pn.Column(
            self._tabs, self._box, sizing_mode="stretch_both", margin=0, styles=_STYLE, css_classes=["own-images"]
        )
        self.follow(self.show, "focus", "dataset", "config", first=True)
        self.show()

    def close(self) -> None:
        """Close the view, and drop its requests."""
        super().close()
        self._forget()

    def show(self) -> None:
        """Show the image of the selected source."""
        columns = list(self.session.state.config.catalogue.image_columns)
        if self._column not in columns:
            self._column = columns[0] if columns else ""
        self._tabs.shown = {"names": columns, "chosen": self._column}
        self._order()

    def _choose(self, column: str) -> None:
        self._column = column
        self.show()

    def _on_event(self, event: str) -> None:
        if event == "retry":
            self._order(insist=True)

    def _order(self, *, insist: bool = False) -> None:
        self._forget()
        text, reason = self._named()
        state = self.session.state
        has_cutouts = state.dataset.catalogue.position is not None and bool(state.config.services.surveys)
        self.view.styles = _LOW_STYLE if reason and has_cutouts else _STYLE
        if reason:
            self._put(state="absent", reason=reason)
            return
        self._put(state="waiting")
        self._ticket = self._pictures.submit(text, partial(self._deliver, self._n_orders), insist=insist)

    def _named(self) -> tuple[str, str]:
        """Return the value of the column, or why there is no image to request."""
        focus, catalogue = self.session.state.focus, self.session.dataset.catalogue
        if focus is None or not self._column:
            return "", "No image."
        if self._column not in {column.name for column in catalogue.columns}:
            return "", f"The catalogue has no column {self._column}."
        text = catalogue.text_of(focus, self._column).strip()
        if text.lower() in NO_VALUE:
            return "", f"Column {self._column} has no image for this source."
        return text, ""

    def _forget(self) -> None:
        self._n_orders += 1
        self._arrived.clear()
        if self._ticket is not None:
            self._ticket.cancel()
            self._ticket = None

    def _deliver(self, order: int, picture: CatalogueImage) -> None:
        """Receive an image from any thread."""
        self._arrived.append((order, picture))
        self.call_soon(self._take_arrived)

    def _take_arrived(self) -> None:
        while self._arrived:
            order, picture = self._arrived.popleft()
            if order == self._n_orders:
                self._show_picture(picture)

    def _show_picture(self, picture: CatalogueImage) -> None:
        if not picture.ok:
            self._put(state="absent", reason=sentence(picture.reason), retry=not picture.lasting)
            return
        known = picture.width > 0
        self._put(
            state="image",
            src=data_url(picture.data, picture.mime),
            alt=f"{self._column} of {self.session.state.focus}",
            plain=not picture.scale_arcsec,
            ratio=picture.width / picture.height if known else None,
            compass=list(picture.compass) if picture.compass else None,
            bar=scale_bar(picture.scale_arcsec * picture.width) if known and picture.scale_arcsec else None,
            scale=f"{picture.scale_arcsec:.2g}″/px" if picture.scale_arcsec else "",
        )

    def _put(self, **shown: Any) -> None:
        self._box.shown = {"title": self._column, "credit": "Column of the catalogue", **shown}
