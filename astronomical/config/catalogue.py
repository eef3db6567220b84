"""Section of the project file about the catalogue and its columns."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, SerializerFunctionWrapHandler, model_serializer, model_validator

from astronomical.config.base import Count, Name, PathText, Section
from astronomical.config.formats import TableFormat
from astronomical.config.light_curves import LightCurvesConfig

__all__ = [
    "AddedSourcesConfig",
    "CatalogueConfig",
    "FingerprintConfig",
    "IdConfig",
    "JoinConfig",
    "OriginConfig",
    "PositionConfig",
    "TableFormat",
    "VirtualColumnConfig",
    "WorkingSetConfig",
]


class IdConfig(Section):
    """Where the id of a source comes from: a column, the position (IAU style) or the row number."""

    source: Literal["column", "position", "row"] = "column"
    column: str | None = None

    @model_validator(mode="after")
    def _check_source_column(self) -> IdConfig:
        if (self.source == "column") != (self.column is not None):
            raise ValueError("a column is required if source is 'column', and not allowed otherwise")
        return self


class PositionConfig(Section):
    """Columns of the position on the sky (ICRS)."""

    ra: Name
    dec: Name
    unit: Literal["deg", "hourangle", "rad"] = "deg"


class FingerprintConfig(Section):
    """Digests of the ids and of each column in use, independent of row order and file format.

    `id_blocks` and `blocks` hold digests of parts of the catalogue. They show in how many rows another catalogue
    differs.
    """

    rows: Count
    ids: str
    columns: dict[str, str] = {}
    id_blocks: str = Field(default="", pattern=r"^[0-9a-f]*$")
    blocks: dict[str, Annotated[str, Field(pattern=r"^[0-9a-f]*$")]] = {}


class OriginConfig(Section):
    """The archive that a table was fetched from: its address, the query, the time, rows and sha256."""

    service: str
    query: str = Field(max_length=4000)
    fetched: str = ""
    rows: Count = 0
    sha256: str = Field(default="", pattern=r"^[0-9a-f]*$")
    incomplete: bool = False


class JoinConfig(Section):
    """Columns joined from another table, whose rows are matched by id, by position on the sky, or row by row.

    When matching by id, `id` is the column there and `key` the column here with the same values, by default the id.
    When matching by position, `match` is ``best`` for mutual nearest neighbours and ``all`` for the nearest row to each
    source here. If only one column is joined, `name` may be its new name. `origin` is the archive that the table was
    fetched from, if the file says so.
    """

    path: PathText
    format: TableFormat | None = None
    table: int | str | None = None
    by: Literal["id", "position", "row"]
    id: str | None = None
    key: str | None = None
    position: PositionConfig | None = None
    radius_arcsec: float = Field(default=1.0, gt=0, le=3600)
    match: Literal["best", "all"] = "best"
    prefix: str = ""
    suffix: str = ""
    columns: tuple[str, ...] = ()
    name: str = Field(default="", max_length=200)
    origin: OriginConfig | None = None

    @model_serializer(mode="wrap")
    def _without_empty_parts(self, write: SerializerFunctionWrapHandler) -> dict[str, Any]:
        found: dict[str, Any] = write(self)
        for name in ("name", "origin"):
            if not found.get(name):
                found.pop(name, None)
        return found

    @model_validator(mode="after")
    def _check_join_id(self) -> JoinConfig:
        if (self.by == "id") != (self.id is not None):
            raise ValueError("a column of ids (id) is required if by is 'id', and not allowed otherwise")
        return self


class VirtualColumnConfig(Section):
    """A column that is computed from others by an expression; `unit` is empty if it follows from the expression."""

    name: Name
    expression: str = Field(min_length=1, max_length=2000)
    unit: str = Field(default="", max_length=100)


class AddedSourcesConfig(Section):
    """Sources of the whole catalogue that a learner would query first, and that were added to the working set.

    `k` and `key` are those of the round whose model chose them.
    """

    class_name: Name = Field(alias="class")
    k: Count
    key: str
    when: str = ""
    ids: tuple[str, ...] = Field(max_length=10_000)


class WorkingSetConfig(Section):
    """The sources of a large catalogue that are in memory: the `size` ones with the smallest hashes of their ids.

    Labelled sources and those in `added` are in memory in any case. `of` is the number of sources of the whole
    catalogue.
    """

    size: int = Field(gt=0)
    seed: int = Field(default=0, ge=0)
    of: Count
    added: tuple[AddedSourcesConfig, ...] = ()

    @property
    def added_ids(self) -> frozenset[str]:
        """Ids of all sources in `added`."""
        return frozenset(id for item in self.added for id in item.ids)

    @model_serializer(mode="wrap")
    def _without_empty_parts(self, write: SerializerFunctionWrapHandler) -> dict[str, Any]:
        found: dict[str, Any] = write(self)
        if not found.get("added"):
            found.pop("added", None)
        return found


class CatalogueConfig(Section):
    """The catalogue file, and the roles of its columns.

    Images and spectra are given by an address or by a path, absolute or relative to the catalogue. With
    `optimise_memory`, the columns shown are kept in 32 bits, unless they hold ids, positions, times or 64-bit integers,
    and repeated texts are stored once; results do not change. `incomplete` says that rows are missing, if the file says
    so.
    """

    path: PathText
    format: TableFormat | None = None
    table: int | str | None = None
    id: IdConfig
    label: str | None = None
    position: PositionConfig | None = None
    missing: tuple[float, ...] = ()
    unknown_labels: tuple[str, ...] = ()
    extra_columns: tuple[str, ...] = ()
    name_column: str | None = None
    image_columns: tuple[str, ...] = ()
    spectrum_column: str | None = None
    redshift_column: str | None = None
    joins: tuple[JoinConfig, ...] = ()
    virtual: tuple[VirtualColumnConfig, ...] = ()
    light_curves: LightCurvesConfig | None = None
    optimise_memory: bool = False
    incomplete: str | None = None
    origin: OriginConfig | None = None
    working_set: WorkingSetConfig | None = None
    fingerprint: FingerprintConfig | None = None

    @model_serializer(mode="wrap")
    def _without_empty_parts(self, write: SerializerFunctionWrapHandler) -> dict[str, Any]:
        found: dict[str, Any] = write(self)
        for name in ("virtual", "light_curves", "origin", "working_set"):
            if not found.get(name):
                found.pop(name, None)
        return found
