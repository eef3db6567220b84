"""Find the labelled sources of a project in its new catalogue."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from astronomical.catalogue.catalogue import Catalogue
from astronomical.catalogue.releases import ReleaseMatch
from astronomical.config.schema import Config
from astronomical.labels.ledger import Ledger
from astronomical.setup.moving.catalogues import changed_features, match_catalogues
from astronomical.setup.moving.outcomes import Kind, Outcome

__all__ = ["FoundSources", "find_sources", "known_ids"]


def known_ids(config: Config, ledger: Ledger) -> tuple[str, ...]:
    """Return the sources that a project names, in order of their ids."""
    named = _with_events(ledger)
    named |= {id for item in config.subsets for id in item.ids or ()} | set(config.split.training_ids)
    named |= {id for guide in config.labelling.guides.values() for id in guide.examples}
    return tuple(sorted(named))


@dataclass(frozen=True, eq=False)
class FoundSources:
    """The sources of a project in its new catalogue.

    Attributes
    ----------
    match
        The matches of all sources of the old catalogue.
    rows
        Row of the matches of each source that the project names, by id.
    new
        The new catalogue.
    changed
        Features that changed, as text, by id.
    """

    match: ReleaseMatch
    rows: Mapping[str, int]
    new: Catalogue
    changed: Mapping[str, str]

    @cached_property
    def carried(self) -> dict[str, str]:
        """New id of each source that was found."""
        there = {id: int(self.match.rows[row]) for id, row in self.rows.items()}
        return {id: self.new.id_at(row) for id, row in there.items() if row >= 0}

    def outcomes(self, ledger: Ledger) -> tuple[Outcome, ...]:
        """Return what became of each source with labels, notes, tags or a flag."""
        remarks = ledger.remarks
        return tuple(
            self._outcome(id, ledger.label_of(id) or "")
            for id in sorted(_with_events(ledger))
            if ledger.about(id).answers or id in remarks
        )

    def _outcome(self, id: str, label: str) -> Outcome:
        row = self.rows.get(id)
        if row is None:
            return Outcome(id, None, "lost", label=label, details="not in the old catalogue")
        match = self.match
        if match.rows[row] < 0:
            if row in match.merged:
                return Outcome(id, None, "merged", label=label, details=f"with {self.new.id_at(match.merged[row])}")
            why = "its id is at another position" if match.elsewhere[row] else ""
            return Outcome(id, None, "lost", label=label, details=why)
        apart = float(match.separation_arcsec[row])
        return Outcome(
            id,
            self.carried[id],
            self._kind(id, row),
            "id" if match.by_id[row] else "position",
            apart if np.isfinite(apart) else None,
            label,
            "; ".join(self._details(id, row)),
        )

    def _kind(self, id: str, row: int) -> Kind:
        if row in self.match.parts:
            return "split"
        if row in self.match.merged:
            return "merged"
        return "changed" if id in self.changed else "carried"

    def _details(self, id: str, row: int) -> list[str]:
        parts = self.match.parts.get(row, ())
        return [*([", ".join(self.new.ids_at(parts))] if parts else []), *filter(None, [self.changed.get(id)])]


def _with_events(ledger: Ledger) -> set[str]:
    return {event.id for event in ledger.events if event.id is not None}


def find_sources(
    configs: tuple[Config, Config],
    catalogues: tuple[Catalogue | None, Catalogue],
    ids: Sequence[str],
    radius_arcsec: float,
    epochs: tuple[float, float] | None,
) -> FoundSources:
    """Find sources of a project in its new catalogue, and compare their features.

    Parameters
    ----------
    configs
        The project with the old and the new names of columns.
    catalogues
        The old catalogue, None if it is not known, and the new one.
    ids
        The sources.
    radius_arcsec, epochs
        See `MoveOptions`.
    """
    old, new = catalogues
    match, known = match_catalogues(configs[1], old, new, ids, radius_arcsec, epochs)
    changed = {} if old is None else _changes(configs, (old, new), match, ids)
    return FoundSources(match, _rows_of(known, ids), new, changed)


def _rows_of(known: NDArray[np.bytes_], ids: Sequence[str]) -> dict[str, int]:
    """Return the row of each id that is among the known ones."""
    if not len(known) or not len(ids):
        return {}
    order = np.argsort(known, kind="stable")
    keys = np.array([id.encode(errors="surrogatepass") for id in ids], dtype=np.bytes_)
    rows = order[np.minimum(np.searchsorted(known[order], keys), len(known) - 1)]
    return {id: int(row) for id, row, same in zip(ids, rows, known[rows] == keys, strict=True) if same}


def _changes(
    configs: tuple[Config, Config], catalogues: tuple[Catalogue, Catalogue], match: ReleaseMatch, ids: Sequence[str]
) -> dict[str, str]:
    pairs = np.flatnonzero(match.rows >= 0)
    wanted = catalogues[0].mask(ids)[pairs]
    found = changed_features(configs, catalogues, (pairs, match.rows[pairs]), wanted)
    return {catalogues[0].id_at(row): text for row, text in found.items()}
