"""Columns computed from other columns of a table by an expression."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from astronomical.catalogue.columns import numeric_values
from astronomical.catalogue.compact_columns import is_exact
from astronomical.catalogue.expressions import Expression, ExpressionError
from astronomical.catalogue.readers.source import ColumnInfo, TableSource

__all__ = ["VirtualColumn", "VirtualSource", "describe_virtual", "inputs_of"]


@dataclass(frozen=True)
class VirtualColumn:
    """A column that is computed.

    Parameters
    ----------
    name
        Its name, which no other column has.
    expression
        Its expression; see `astronomical.catalogue.expressions.Expression`. It may name virtual columns before it.
    unit
        Its unit; empty for the unit that follows from the expression.
    """

    name: str
    expression: str
    unit: str = ""


def describe_virtual(columns: Iterable[ColumnInfo], virtual: Iterable[VirtualColumn]) -> tuple[ColumnInfo, ...]:
    """Check virtual columns, and return their descriptions.

    Parameters
    ----------
    columns
        The columns of the table.
    virtual
        The virtual columns.

    Raises
    ------
    ExpressionError
        If a name is taken, an expression is not valid, or it uses a column that does not exist or has no numbers.
    """
    known = {column.name: column for column in columns}
    made = []
    for item in virtual:
        if item.name in known:
            raise ExpressionError(f"There is already a column {item.name!r}. Choose another name.")
        try:
            expression = Expression(item.expression)
            unit = expression.unit({name: column.unit for name, column in known.items()})
        except ExpressionError as error:
            raise ExpressionError(f"Column {item.name!r}: {error}") from None
        for name in expression.columns:
            if known[name].kind == "vector":
                raise ExpressionError(f"Column {item.name!r}: {name!r} has more than one number in each row.")
        info = ColumnInfo(item.name, "float", item.unit or unit, item.expression)
        known[item.name] = info
        made.append(info)
    return tuple(made)


def inputs_of(virtual: Iterable[VirtualColumn], names: Iterable[str]) -> tuple[str, ...]:
    """Return names of columns with each virtual column replaced by the columns of the table that it needs.

    Fingerprints are made of these: logarithms may differ in the last digit between versions of NumPy.
    """
    by_name = {item.name: item for item in virtual}
    found: dict[str, None] = {}

    def add(name: str) -> None:
        if name not in by_name:
            found[name] = None
            return
        for needed in Expression(by_name[name].expression).columns:
            add(needed)

    for name in names:
        add(name)
    return tuple(found)


class VirtualSource(TableSource):
    """A table with virtual columns after its own.

    Numbers are computed in double precision from the columns in single precision, as features are, so that the same
    data in another format give the same values; positions and times are used in double precision.

    Parameters
    ----------
    main
        The table.
    virtual
        The virtual columns.
    missing
        Missing-value codes; these values of the columns used are missing.

    Attributes
    ----------
    main : TableSource
        The table without the virtual columns.

    Raises
    ------
    ExpressionError
        As for `describe_virtual`.
    """

    def __init__(self, main: TableSource, virtual: Sequence[VirtualColumn], missing: Sequence[float] = ()) -> None:
        self.main, self._missing = main, np.array(tuple(missing), dtype=np.float32)
        described = describe_virtual(main.columns, virtual)
        self._virtual = {item.name: Expression(item.expression) for item in virtual}
        self.format = main.format  # type: ignore[misc]
        super().__init__(main.path, main.n_rows, [*main.columns, *described])
        self.notes, self.incomplete, self.meta = main.notes, main.incomplete, main.meta
        self.computed = frozenset(self._virtual)

    @property
    def n_whole(self) -> int:
        """Number of rows in the files."""
        return self.main.n_whole

    def _read(self, names: list[str]) -> dict[str, NDArray[Any]]:
        return self._combine(names, self.main.read(self._plain(names)), self.n_rows)

    def _read_text(self, names: list[str]) -> dict[str, NDArray[np.str_]]:
        texts = self.main.read_text([name for name in names if name not in self._virtual])
        computed = [name for name in names if name in self._virtual]
        return {**texts, **super()._read_text(computed)} if computed else texts

    def _read_head(self, names: list[str], n_rows: int) -> dict[str, NDArray[Any]]:
        return self._combine(names, self.main.read_head(self._plain(names), n_rows), n_rows)

    def _vector_blocks(self, name: str) -> Iterator[tuple[NDArray[np.intp], NDArray[Any]]]:
        yield from self.main.vector_blocks(name)

    def _plain(self, names: list[str]) -> list[str]:
        """Return the columns of the table that some columns need."""
        found: dict[str, None] = {}
        for name in names:
            expression = self._virtual.get(name)
            found.update(dict.fromkeys((name,) if expression is None else self._plain(list(expression.columns))))
        return list(found)

    def _combine(self, names: list[str], values: dict[str, NDArray[Any]], n_rows: int) -> dict[str, NDArray[Any]]:
        numbers: dict[str, NDArray[np.float64]] = {}
        units_of = {column.name: column.unit for column in self.columns}

        def number(name: str) -> NDArray[np.float64]:
            if name not in numbers:
                if name in self._virtual:
                    expression = self._virtual[name]
                    needed = {item: number(item) for item in expression.columns}
                    numbers[name] = expression.evaluate(needed, units_of)
                else:
                    numbers[name] = self._as_number(name, values[name])
            return numbers[name]

        return {name: number(name) if name in self._virtual else values[name] for name in names}

    def _as_number(self, name: str, values: NDArray[Any]) -> NDArray[np.float64]:
        values = numeric_values(name, values)
        with np.errstate(over="ignore"):
            single = np.asarray(np.ma.getdata(values), dtype=np.float32)
        missing = np.ma.getmaskarray(values) | ~np.isfinite(single)
        if self._missing.size:
            missing |= np.isin(single, self._missing)
        numbers = np.array(np.ma.getdata(values) if is_exact(self.info(name)) else single, dtype=np.float64)
        numbers[missing] = np.nan
        return numbers
