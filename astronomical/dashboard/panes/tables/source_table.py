"""Rows of sources for a table, filtered and sorted outside the page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from astronomical.dashboard.panes.plot.values import axis_values
from astronomical.dashboard.ui.safe_text import TextTable
from astronomical.session import Session

__all__ = ["CATALOGUE", "ID", "MINE", "SourceTable", "arranged", "table_of"]

ID, CATALOGUE, MINE = "id", "catalogue label", "my label"


class SourceTable(TextTable):
    """Table that shows its rows without sorting or filtering them, page by page.

    Panel sorts and filters all rows each time another page is shown, which blocks the whole server for seconds with a
    million rows. The owner of this table therefore watches its ``sorters`` and ``filters``, and provides the resulting
    rows, numbered from 0.
    """

    def _sort_df(self, df: pd.DataFrame) -> pd.DataFrame:
        return df

    def _filter_dataframe(
        self, df: pd.DataFrame, header_filters: bool = True, internal_filters: bool = True
    ) -> pd.DataFrame:
        return df

    def _update_index_mapping(self) -> None:
        self._index_mapping: dict[int, int] = {}  # a row that is not in the mapping keeps its number


def table_of(session: Session, ids: Sequence[str], columns: Sequence[str]) -> pd.DataFrame:
    """Return a frame of id, labels and given columns of sources, shape (n_ids, 3 + n_columns)."""
    data, shown = session.dataset, session.state.config.shown
    rows = data.catalogue.rows_of(ids)
    human = session.ledger.human_labels
    names = sorted(set(human.values()))
    codes = {name: code for code, name in enumerate(names, start=1)}
    given = np.zeros(data.catalogue.n_rows, dtype=np.int16)
    known = [id for id in human if id in data.catalogue]
    given[data.catalogue.rows_of(known)] = [codes[human[id]] for id in known]
    classes = np.where(data.codes < 0, len(data.class_names), data.codes)[rows]
    if session.labels.is_blind:
        classes = np.full(len(rows), len(data.class_names) + 1)
    frame = pd.DataFrame(
        {
            ID: pd.array(np.asarray(ids, dtype=object), dtype="str"),
            CATALOGUE: _categories(classes, [*map(shown, data.class_names), "unknown", "hidden"]),
            MINE: _categories(given[rows], ["", *map(shown, names)]),
        }
    )
    for name in columns:
        frame[name] = axis_values(data, name)[rows]
    return frame


def arranged(
    frame: pd.DataFrame, sorters: Sequence[Mapping[str, Any]], filters: Sequence[Mapping[str, Any]]
) -> pd.DataFrame:
    """Return the filtered and sorted rows of a frame.

    Parameters
    ----------
    frame
        All rows.
    sorters
        As in Tabulator: ``field`` and ``dir`` (``asc`` or ``desc``), the primary one first. Texts are sorted
        ignoring case; rows without a value come last.
    filters
        ``field`` and ``value``: a text that the value contains, ignoring case, or the minimum number.
    """
    kept = np.ones(len(frame), dtype=np.bool_)
    for wish in filters:
        if wish.get("field") in frame and wish.get("value") not in (None, ""):
            kept &= _passes(frame[wish["field"]], wish["value"])
    rows = np.flatnonzero(kept)
    for sorter in reversed([sorter for sorter in sorters if sorter["field"] in frame]):
        values = _comparable(frame[sorter["field"]].iloc[rows])
        order = values.argsort(kind="stable") if sorter["dir"] == "asc" else _falling(values)
        rows = rows[order]
    return frame.iloc[rows].reset_index(drop=True)


def _passes(values: pd.Series, wanted: Any) -> np.ndarray:
    if values.dtype.kind == "f":
        try:
            least = float(wanted)
        except ValueError:  # the number is not complete yet
            return np.ones(len(values), dtype=np.bool_)
        return np.asarray(values >= least)
    return np.asarray(values.astype("str").str.contains(str(wanted), case=False, regex=False))


def _comparable(values: pd.Series) -> np.ndarray:
    """Return numbers that sort like the values: the values themselves, or the ranks of texts; NaN comes last."""
    if values.dtype.kind == "f":
        return values.to_numpy()
    codes, texts = pd.factorize(values.astype("str").str.lower())
    ranks = np.empty(len(texts), dtype=np.int64)
    ranks[np.asarray(texts.argsort())] = np.arange(len(texts))
    return ranks[codes]


def _falling(values: np.ndarray) -> np.ndarray:
    """Return the descending order, stable for equal values, with NaN last."""
    backward = np.flatnonzero(~np.isnan(values))[::-1]
    found = backward[values[backward].argsort(kind="stable")][::-1]
    return np.concatenate([found, np.flatnonzero(np.isnan(values))])


def _categories(codes: np.ndarray, names: Sequence[str]) -> Any:
    return pd.Categorical.from_codes(codes, categories=pd.Index(list(names)))
