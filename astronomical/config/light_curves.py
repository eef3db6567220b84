"""Section of the project file about the light curves of the sources."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, model_validator

from astronomical.config.base import Name, PathText, Section
from astronomical.config.formats import TableFormat

__all__ = ["LightCurvesConfig"]


class LightCurvesConfig(Section):
    """Where the light curves are, and what their columns contain.

    `source` is ``lists`` for columns with a list in each row, ``table`` for a table with a row for each epoch, and
    ``files`` for a file for each source, named by the column `files` of the catalogue. The lists are in the catalogue
    itself unless `path` names another Parquet file. `id` is the column of the ids there. A column of a structure is
    named with a dot, such as ``lightcurve.mjd``. `limit` is a column that marks upper limits, or that contains the
    limit where there is no value. Dates are `time` in `time_unit`, after `time_zero`. `period` is a column of the
    catalogue with periods in days.
    """

    source: Literal["lists", "table", "files"]
    path: PathText | None = None
    format: TableFormat | None = None
    table: int | str | None = None
    id: str | None = None
    files: str | None = None
    time: Name
    value: Name
    error: str | None = None
    band: str | None = None
    limit: str | None = None
    kind: Literal["magnitude", "flux"] = "magnitude"
    time_scale: Literal["days", "mjd", "jd", "bjd", "hjd"] = "days"
    time_unit: Literal["d", "h", "min", "s", "yr"] = "d"
    time_zero: float = Field(default=0.0, allow_inf_nan=False)
    period: str | None = None

    @model_validator(mode="after")
    def _check_source(self) -> LightCurvesConfig:
        if self.source == "table" and (self.path is None or self.id is None):
            raise ValueError("a table of epochs needs a path, and the column of ids (id)")
        if self.source == "lists" and (self.path is None) != (self.id is None):
            raise ValueError("lists in another file (path) need the column of ids (id) there, other lists have neither")
        if (self.source == "files") != (self.files is not None):
            raise ValueError("a column of the catalogue (files) is required if source is 'files', and not else")
        return self
