"""Compare the old and the new catalogue of a project that is moved."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from astronomical.catalogue.catalogue import Catalogue
from astronomical.catalogue.changed_values import N_SIGMA, deviations
from astronomical.catalogue.errors import CatalogueError
from astronomical.catalogue.releases import Release, ReleaseMatch, match_releases
from astronomical.catalogue.uncertainties import error_columns
from astronomical.config.schema import Config
from astronomical.session.data.catalogue_values import feature_columns
from astronomical.session.data.dataset import check_columns, open_project_catalogue
from astronomical.session.errors import SessionError, WrongCatalogueError
from astronomical.session.project.fingerprints import catalogue_differences
from astronomical.tasks import NoAnswerError

__all__ = ["changed_features", "match_catalogues", "original_catalogue"]

#: Names of the columns of proper motions, in right ascension and declination, and of epochs.
_MOTIONS = (("pmra", "pmdec"), ("pm_ra", "pm_dec"), ("pmra", "pmde"), ("pm_ra_cosdec", "pm_dec"), ("mura", "mudec"))
_EPOCHS = ("ref_epoch", "refepoch", "epoch")
#: Milliarcseconds in the units of proper motions.
_MAS = {"": 1.0, "mas/yr": 1.0, "mas.yr-1": 1.0, "mas yr-1": 1.0, "mas / yr": 1.0, "arcsec/yr": 1e3, "arcsec.yr-1": 1e3}
#: Epochs of catalogues are years in this range; other numbers are dates of another kind.
_YEARS = (1800.0, 2200.0)
_SHOWN = 4
#: Larger changes are not shown in numbers: most values did not change at all.
_MOST_SIGMA = 100


def original_catalogue(config: Config, folder: Path, where: Path | None, notes: list[str]) -> Catalogue | None:
    """Return the catalogue that a project was made with; None if it is not where the project says.

    Parameters
    ----------
    config, folder
        The project, and the folder of its file.
    where
        Path of the catalogue, if it is known; an error if it is another one.
    notes
        Why there is none is added to these.

    Raises
    ------
    SessionError, CatalogueError
        If a path is given, and the catalogue there is not that of the project.
    """
    try:
        table = open_project_catalogue(config, folder, where)
        check_columns(config, table)
        differences = catalogue_differences(config, table)
    except (CatalogueError, SessionError, NoAnswerError, OSError) as error:
        if where is not None:
            raise
        differences = [str(error)]
    if not differences:
        return table
    if where is not None:
        raise WrongCatalogueError(
            f"{where} is not the catalogue that the project was made with: {'; '.join(differences)}."
        )
    notes.append(
        "The catalogue that the project was made with was not found, so sources are found by id only, and changes of "
        "features are not known. Say where it is (--old on the command line) to compare positions and features."
    )
    return None


def match_catalogues(
    config: Config,
    old: Catalogue | None,
    new: Catalogue,
    ids: Sequence[str],
    radius_arcsec: float,
    epochs: tuple[float, float] | None,
) -> tuple[ReleaseMatch, NDArray[np.bytes_]]:
    """Find the sources of a project in its new catalogue.

    Parameters
    ----------
    config
        The project, with the names of the columns of the new catalogue.
    old, new
        The catalogues; without the old one, sources are found by their id.
    ids
        The sources that have labels or notes.
    radius_arcsec
        Maximum distance of the positions of one source, in arcsec.
    epochs
        Epochs of the positions of both in years; None to read them from columns.

    Returns
    -------
    ReleaseMatch
        The matches.
    ndarray of bytes
        The ids to which the rows of the matches belong: those of the old catalogue, or else those given.

    Raises
    ------
    SessionError
        If sources can be found neither by id nor by position.
    """
    named = config.catalogue.id.source == "column"
    if old is None:
        if not named:
            raise SessionError(
                "The ids of this project come from the position or the row, so sources are found again by their "
                "positions in the catalogue that the project was made with. Say where that is (--old on the command "
                "line)."
            )
        known = np.array([id.encode(errors="surrogatepass") for id in ids], dtype=np.bytes_)
        return match_releases(Release(known, None), Release(new.ids, None), radius_arcsec), known
    if not named and (old.position is None or new.position is None):
        raise SessionError(
            "Without an id column, sources are found by position, but a catalogue has no positions. Choose the columns "
            "of right ascension and declination in the settings of the project first."
        )
    given: tuple[float | None, float | None] = epochs or (None, None)
    releases = [_release(table, named, epoch) for table, epoch in zip((old, new), given, strict=True)]
    wanted = old.rows_there(ids).tolist()
    return match_releases(releases[0], releases[1], radius_arcsec, wanted), old.ids


def _release(table: Catalogue, named: bool, epoch: float | None) -> Release:
    names = {column.name.casefold(): column.name for column in table.columns if column.kind in ("float", "integer")}
    motion = next((pair for pair in _MOTIONS if all(name in names for name in pair)), None)
    year: NDArray[np.float64] | float | None = epoch
    if year is None:
        column = next((names[name] for name in _EPOCHS if name in names), None)
        year = None if column is None else _years(table.double(column))
    return Release(
        table.ids if named else None,
        table.position,
        None if motion is None else (_motion(table, names[motion[0]]), _motion(table, names[motion[1]])),
        year,
    )


def _motion(table: Catalogue, name: str) -> NDArray[np.float64]:
    """Return proper motions in mas/yr, missing if their unit is not known."""
    factor = _MAS.get(table.info(name).unit.strip().casefold(), np.nan)
    return np.asarray(table.double(name) * factor, dtype=np.float64)


def _years(values: NDArray[np.float64]) -> NDArray[np.float64] | None:
    within = (values > _YEARS[0]) & (values < _YEARS[1])
    if not within.any():
        return None
    return np.where(within, values, np.mean(values[within]))


def changed_features(
    features: tuple[Config, Config],
    catalogues: tuple[Catalogue, Catalogue],
    rows: tuple[NDArray[np.intp], NDArray[np.intp]],
    wanted: NDArray[np.bool_],
) -> dict[int, str]:
    """Return the sources whose feature columns changed by more than three standard deviations, and how, as text.

    Parameters
    ----------
    features
        The project with the old and the new names of columns.
    catalogues
        The old and the new catalogue.
    rows
        Rows of the same sources in both, shape (n,).
    wanted
        Sources to look at, shape (n,); the others say how large changes usually are.

    Returns
    -------
    dict
        By row of the old catalogue.
    """
    found: dict[int, list[str]] = {}
    names = zip(*(feature_columns(config.features) for config in features), strict=True)
    errors = [error_columns(column.name for column in table.columns) for table in catalogues]
    for pair in names:
        values = [table.double(name)[there] for table, name, there in zip(catalogues, pair, rows, strict=True)]
        sigmas: Any = tuple(
            table.double(known[name])[there] if name in known and _is_number(table, known[name]) else None
            for table, known, name, there in zip(catalogues, errors, pair, rows, strict=True)
        )
        by = deviations(values[0], values[1], sigmas)
        for place in np.flatnonzero(wanted & (by > N_SIGMA)).tolist():
            found.setdefault(int(rows[0][place]), []).append(_change_text(pair[1], float(by[place])))
    return {row: "; ".join(texts[:_SHOWN]) + ("; …" if len(texts) > _SHOWN else "") for row, texts in found.items()}


def _change_text(name: str, sigmas: float) -> str:
    if not np.isfinite(sigmas):
        return f"{name} is missing"
    return f"{name} by {sigmas:.1f} sigma" if sigmas < _MOST_SIGMA else f"{name} by more than {_MOST_SIGMA} sigma"


def _is_number(table: Catalogue, name: str) -> bool:
    return table.info(name).kind in ("float", "integer")
