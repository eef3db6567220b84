"""Find the light curves of a project that is being set up. This reads files, so call it in a thread."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from astronomical.catalogue.errors import CatalogueError
from astronomical.config.light_curves import LightCurvesConfig
from astronomical.errors import InvalidInputError
from astronomical.session.data.curve_columns import CurveFile, check_text, inspect_curves, propose_curves
from astronomical.session.data.light_curves import CurveReader, check_light_curves
from astronomical.setup.input_parsing import numbers_of
from astronomical.setup.table_preview import resolve

if TYPE_CHECKING:
    from astronomical.setup.draft import Draft

__all__ = ["find_curves"]


def find_curves(draft: Draft, source: str, path: str = "", files: str | None = None) -> tuple[LightCurvesConfig, str]:
    """Return where the light curves are, with the columns that were recognised, and a sentence about them.

    Parameters
    ----------
    draft
        The project, with its table and ids.
    source
        ``lists`` for columns of lists in the table, ``table`` for a table of epochs, ``files`` for a file for each
        source.
    path
        The table of epochs.
    files
        Column with the names of the files.

    Raises
    ------
    CatalogueError, InvalidInputError, SessionError
        If there are no light curves, or their columns are not recognised.
    """
    catalogue = None if draft.check is None else draft.check.catalogue
    if catalogue is None:
        raise CatalogueError("Choose the source id first.")
    if source == "table" and not path.strip():
        raise InvalidInputError("Enter the path of the table of epochs.")
    folder, where = Path.cwd(), str(resolve(path)) if source == "table" else ""
    found = inspect_curves(catalogue, folder, source, where, files)
    id = _id_column(draft, found) if source == "table" else None
    section = propose_curves(found, catalogue, source, where or None, files, id=id)
    check_light_curves(section, catalogue)
    text = check_text(section, CurveReader(section, numbers_of(draft.missing_text), catalogue, folder))
    roles = {role: getattr(section, role) for role in ("time", "value", "error", "band", "limit")}
    named = ", ".join(f"{role} {name}" for role, name in roles.items() if name)
    return section, f"{text} Columns: {named}."


def _id_column(draft: Draft, found: CurveFile) -> str:
    """Return the column of a table of epochs with the name of the id of the catalogue."""
    names = [column.name for column in found.columns]
    key = (draft.id_column or "").casefold()
    for name in names:
        if name.casefold() == key:
            return name
    raise InvalidInputError(
        f"The table has no column with the name of the source id ({draft.id_column or 'which is made'}); its columns "
        f"are {', '.join(names)}. Choose another id, or add the light curves in the settings of the project."
    )
