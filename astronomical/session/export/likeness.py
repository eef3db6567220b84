"""How like the known sources each source is, as a table and as columns of exported predictions."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from astropy.table import Column, Table
from numpy.typing import NDArray

from astronomical.learning.belief import UNLIKE, is_unlike
from astronomical.session.data.dataset import Dataset
from astronomical.session.evaluation.belief import BeliefReport
from astronomical.session.export.table_io import check_texts, write_table
from astronomical.session.state import SessionState

__all__ = ["known_likeness", "write_likeness"]


def known_likeness(state: SessionState) -> dict[str, NDArray[np.float32]]:
    """Return the likeness of each source by class, where it was computed for the newest round."""
    found = {name: state.studies.get(("belief", name)) for name in state.rounds}
    return {
        name: report.likeness
        for name, report in found.items()
        if isinstance(report, BeliefReport)
        and report.key == state.rounds[name].key
        and len(report.likeness) == state.dataset.catalogue.n_rows
    }


def write_likeness(dataset: Dataset, report: BeliefReport, path: Path, *, overwrite: bool = False) -> None:
    """Write how like the known sources each source is.

    Parameters
    ----------
    dataset, report
        The data, and the report about them.
    path
        The table.
    overwrite
        Whether to replace an existing file.

    Raises
    ------
    SessionError
        If the format cannot hold the ids or the name of the class, or the file may not be replaced.
    """
    check_texts(path, [report.class_name], "the name of a class")
    table = Table([Column(np.char.decode(dataset.catalogue.ids, "utf-8"), name="id")])
    name = f"likeness_{report.class_name}"
    table[name] = Column(report.likeness, description="Likeness to the sources with known labels, from 0 to 1")
    table["unlike"] = Column(is_unlike(report.likeness), description=f"{name} is below {UNLIKE:g}")
    write_table(table, path, overwrite=overwrite)
