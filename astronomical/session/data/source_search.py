"""Find sources by id, name and position in the catalogue, without online services."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from functools import cached_property

import pyarrow as pa
import pyarrow.compute as pc

from astronomical.catalogue.catalogue import Catalogue
from astronomical.catalogue.sky import SkyIndex, parse_position

__all__ = ["Answer", "Found", "Lookup"]

#: Radius within which a position matches the nearest source, in arcsec.
REACH_ARCSEC = 60.0
_PIECE = 20_000


@dataclass(frozen=True)
class Found:
    """A source that matches a text, and its name or distance; empty if it matches by id."""

    id: str
    why: str = ""


@dataclass(frozen=True)
class Answer:
    """The source that a text identifies, or a message why there is none."""

    id: str | None
    notice: str = ""


class Lookup:
    """Search for sources of a catalogue. Indexes are built on first use; any thread may use it.

    Parameters
    ----------
    catalogue
        The catalogue.
    name_column
        A column of names, if the catalogue has one.
    """

    def __init__(self, catalogue: Catalogue, name_column: str | None = None) -> None:
        self.catalogue = catalogue
        self.name_column = name_column
        self._lock = threading.RLock()

    def suggest(self, text: str, limit: int = 20) -> list[Found]:
        """Return the sources that match a text: by position if it is one, else by id, then by name."""
        position = parse_position(text)
        if position is not None and self.sky is not None:
            near = [Found(id, distance_text(away)) for id, away in self.near(*position)[:limit]]
            if near:
                return near
        ids = [Found(id) for id in self.catalogue.search(text, limit)]
        known = {found.id for found in ids}
        return [*ids, *(found for found in self._by_name(text, limit) if found.id not in known)][:limit]

    def resolve(self, text: str) -> Answer:
        """Return the one source that a text identifies."""
        text = text.strip()
        if text in self.catalogue:
            return Answer(text)
        position = parse_position(text)
        if position is not None and self.sky is not None:
            return self._at(text, *position)
        named = self._by_name(text, 3, whole=True)
        if len(named) == 1:
            return Answer(named[0].id)
        found = self.suggest(text, 2)
        if len(found) == 1:
            return Answer(found[0].id)
        where = "id or name" if self.name_column else "id"
        if found:
            return Answer(None, f"Several sources have “{text}” in their {where}: choose one of the suggestions.")
        return Answer(None, f"Not found: no {where} contains “{text}”.")

    def near(self, ra_deg: float, dec_deg: float, radius_arcsec: float = REACH_ARCSEC) -> list[tuple[str, float]]:
        """Return the sources within a radius, nearest first, with their distances in arcsec."""
        if self.sky is None:
            return []
        rows, distances = self.sky.within(ra_deg, dec_deg, radius_arcsec)
        return list(zip(self.catalogue.ids_at(rows), distances.tolist(), strict=True))

    @property
    def sky(self) -> SkyIndex | None:
        """The positions; None if the catalogue has none."""
        with self._lock:
            return self._sky

    @cached_property
    def _sky(self) -> SkyIndex | None:
        position = self.catalogue.position
        return None if position is None else SkyIndex(*position)

    def _at(self, text: str, ra_deg: float, dec_deg: float) -> Answer:
        assert self.sky is not None
        nearest = self.sky.nearest(ra_deg, dec_deg)
        if nearest is None:
            return Answer(None, "The catalogue has no positions.")
        row, away = nearest
        id = self.catalogue.id_at(row)
        if away > REACH_ARCSEC:
            return Answer(
                None,
                f"Not found: no source within {distance_text(REACH_ARCSEC)} of “{text}”; the nearest, "
                f"{id}, is {distance_text(away)} away.",
            )
        return Answer(id, f"{id} is {distance_text(away)} from there.")

    @cached_property
    def _names(self) -> pa.ChunkedArray | None:
        """Names in lower case without spaces, so that ngc4486 finds NGC 4486."""
        if self.name_column is None:
            return None
        texts = self.catalogue.text(self.name_column)
        # Convert in pieces, because no other thread can run while one piece is converted.
        pieces = [pa.array(texts[start : start + _PIECE], type=pa.string()) for start in range(0, len(texts), _PIECE)]
        names = pa.chunked_array(pieces, type=pa.string())
        return pc.replace_substring_regex(pc.utf8_lower(names), r"\s+", "")

    def _by_name(self, text: str, limit: int, *, whole: bool = False) -> list[Found]:
        key = "".join(text.lower().split())
        with self._lock:
            names = self._names
        if names is None or self.name_column is None or not key:
            return []
        matches = pc.equal(names, key) if whole else pc.match_substring(names, key)
        rows = pc.indices_nonzero(matches)[:limit].to_pylist()
        ids = self.catalogue.ids_at(rows)
        return [Found(id, self.catalogue.text_of(id, self.name_column)) for id in ids]


def distance_text(arcsec: float) -> str:
    """Return a distance on the sky in a suitable unit."""
    if arcsec < 60:
        return f"{arcsec:.1f}″"
    return f"{arcsec / 60:.3g}′" if arcsec < 3600 else f"{arcsec / 3600:.3g}°"
