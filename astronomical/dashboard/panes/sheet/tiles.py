"""What the tiles of a contact sheet show: ids, probabilities, labels, and requests of images."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from astronomical.catalogue.catalogue import Catalogue
from astronomical.config.schema import UNKNOWN_COLOUR
from astronomical.dashboard.panes.source.cutouts import data_url, sentence
from astronomical.dashboard.panes.source.image_columns import NO_VALUE
from astronomical.dashboard.ui.colours import ink_on
from astronomical.services.surveys import Survey, survey_from_config
from astronomical.services.tile_images import TileHandle, TileImage, TileImages
from astronomical.session import Session

__all__ = [
    "NO_CHOICE",
    "ImageChoice",
    "ImagePlace",
    "disputed_tile",
    "first_open",
    "image_choices",
    "shown_image",
    "tile_of",
]

_UNSURE = "Unsure"
_NO_IMAGES = "The project has no surveys and no image columns."


@dataclass(frozen=True)
class ImagePlace:
    """Where the image of a source is: at a position, at a URL or path, or nowhere for a reason."""

    position: tuple[float, float] | None = None
    text: str = ""
    reason: str = ""


@dataclass(frozen=True)
class ImageChoice:
    """The image that all tiles show: the cutout of a survey, or a column of the catalogue.

    Parameters
    ----------
    title
        Name on the screen.
    column
        Name of the column; empty for a survey.
    survey
        The survey; None for a column.
    """

    title: str
    column: str = ""
    survey: Survey | None = None

    def places(self, catalogue: Catalogue, ids: Sequence[str]) -> list[ImagePlace]:
        """Return where the images of sources are. This may read the column, so call it in a thread."""
        known = {column.name for column in catalogue.columns}
        return [self._place(catalogue, id, self.column in known) for id in ids]

    def _place(self, catalogue: Catalogue, id: str, has_column: bool) -> ImagePlace:
        if self.survey is not None:
            position = catalogue.position_of(id)
            return ImagePlace(position, reason="" if position else "The position of this source is not known.")
        if not has_column:
            return ImagePlace(reason=f"The catalogue has no column {self.column}." if self.column else _NO_IMAGES)
        text = catalogue.text_of(id, self.column).strip()
        if text.lower() in NO_VALUE:
            return ImagePlace(reason=f"Column {self.column} has no image for this source.")
        return ImagePlace(text=text)

    def request(
        self, tiles: TileImages, place: ImagePlace, done: Callable[[TileImage], None], *, insist: bool
    ) -> TileHandle | None:
        """Request an image without waiting, see `TileImages`. Return None if there is none to request."""
        if place.reason:
            done(TileImage(False, reason=place.reason, lasting=True))
            return None
        if self.survey is not None and place.position is not None:
            return tiles.submit_cutout(self.survey, *place.position, done, insist=insist)
        return tiles.submit_picture(place.text, done, insist=insist)


NO_CHOICE = ImageChoice("No images")


def image_choices(session: Session) -> dict[str, ImageChoice]:
    """Return the images that tiles can show, by the value that the project keeps."""
    config = session.state.config
    choices = {f"column:{name}": ImageChoice(name, column=name) for name in config.catalogue.image_columns}
    if session.dataset.catalogue.position is not None:
        for survey in config.services.surveys:
            choices[f"survey:{survey.name}"] = ImageChoice(survey.name, survey=survey_from_config(survey))
    return choices


def shown_image(image: TileImage) -> dict[str, Any]:
    """Return an image in the form that the sheet accepts."""
    if not image.ok:
        return {"reason": sentence(image.reason), "retry": not image.lasting}
    return {"src": data_url(image.data, image.mime)}


def tile_of(session: Session, id: str) -> dict[str, Any]:
    """Return id, probability and answer of a source in the form that the sheet accepts."""
    config, ledger, name = session.state.config, session.ledger, session.state.active
    newest, hidden = session.round(), session.labels.is_hidden(id)
    p = float(newest.proba[session.dataset.catalogue.row(id)]) if newest is not None else float("nan")
    label, reserved = ledger.human(id), ledger.curated.get(id)
    if reserved is not None and reserved.answered:
        label = reserved.label
    if id == session.state.curating.repeating:
        label = None
    answered = session.sheet.is_answered(id)
    colour = config.colours.get(label, UNKNOWN_COLOUR) if label is not None else ""
    return {
        "id": id,
        "p": f"p {p:.2f}" if p == p and not hidden else "",
        "tip": f"{id}\nProbability of {config.shown(name)}: {p:.3f}" if p == p and not hidden and name else id,
        "answer": config.shown(label) if label is not None else _UNSURE if answered else "",
        "colour": colour,
        "ink": ink_on(colour) if colour else "",
        "answered": answered,
    }


def disputed_tile(session: Session, id: str) -> dict[str, Any]:
    """Return a tile of a source on which annotators disagree: their labels, or the decision."""
    found, tile, shown = session.sheet.disagreement(id), tile_of(session, id), session.state.config.shown
    if found is None:
        return tile
    said = "\n".join(f"{who}: {shown(label)}" for who, label in found.labels.items())
    if found.decided is not None:
        return {**tile, "tip": f"{id}\n{said}\nDecided by {found.decided_by}: {shown(found.decided)}"}
    labels = " / ".join(dict.fromkeys(shown(label) for label in found.labels.values()))
    return {**tile, "answer": labels, "colour": "", "ink": "", "answered": False, "tip": f"{id}\n{said}"}


def first_open(is_answered: Callable[[str], bool], ids: Sequence[str], after: str) -> str | None:
    """Return the first source without an answer after one, from the start again after the end; None if all have one."""
    place = ids.index(after) + 1 if after in ids else 0
    return next((id for id in (*ids[place:], *ids[:place]) if id != after and not is_answered(id)), None)
