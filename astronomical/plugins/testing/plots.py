"""Checks for plots."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from astronomical.extend import Column, extension_of
from astronomical.plots.plot_data import CannotDrawError, Colouring, NeedsAnswersError, NeedsColumnsError, PlotData

__all__ = ["CHECKS"]

_COLOURS = ("#0072B2", "#E69F00", "#8A8F98")


def returns_an_element(draw: Any) -> None:
    """Of ordinary data it returns a HoloViews element."""
    _drawn(draw, _data(draw, 300, selected=0), must=True)


def draws_with_a_selection(draw: Any) -> None:
    """It draws with a source selected, the first and the last."""
    for row in (0, 299):
        _drawn(draw, _data(draw, 300, selected=row))


def draws_what_is_there(draw: Any) -> None:
    """It draws without the columns that are optional."""
    _drawn(draw, _data(draw, 300, optional=False))


def stands_missing_values(draw: Any) -> None:
    """Missing values are left out; with nothing left it says so (CannotDrawError)."""
    _drawn(draw, _data(draw, 300, missing=0.3))
    _drawn(draw, _data(draw, 300, missing=1.0))


def stands_few_sources(draw: Any) -> None:
    """A single source is fine, and classes that are switched off are too."""
    _drawn(draw, _data(draw, 1, selected=0))
    _drawn(draw, _data(draw, 50, hidden=("Star", "Galaxy", "unknown")))


def takes_its_parameters(draw: Any) -> None:
    """It draws with every choice of a parameter."""
    extension = extension_of(draw)
    for parameter in extension.parameters if extension is not None else ():
        for value in (parameter.default, *(parameter.choices or ())):
            _drawn(draw, _data(draw, 100), **{parameter.name: parameter.check(value)})


def _drawn(draw: Any, data: PlotData, must: bool = False, **parameters: Any) -> None:
    """Draw with the first choice as the answer to each question. Arrays are read-only, so changes in place fail."""
    for _ in range(5):
        reason: str | None = None
        try:
            found = draw(data, **parameters)
        except NeedsAnswersError as asked:
            data.answers = {**data.answers, **{question.key: question.choices[0] for question in asked.questions}}
            continue
        except (CannotDrawError, NeedsColumnsError) as error:
            reason = str(error)
        if reason is not None:
            assert not must, f"ordinary data cannot be drawn: {reason}"
            assert reason, "CannotDrawError gives no reason"
            return
        assert type(found).__module__.startswith("holoviews"), (
            f"it returned a {type(found).__name__}; return a HoloViews element"
        )
        return
    raise AssertionError("it asks the same question again; give each question its own key")


def _data(
    draw: Any,
    n: int,
    *,
    selected: int | None = None,
    optional: bool = True,
    missing: float = 0.0,
    hidden: tuple[str, ...] = (),
) -> PlotData:
    extension = extension_of(draw)
    roles: tuple[Column, ...] = extension.option("columns", ()) if extension is not None else ()
    rng = np.random.default_rng(5)

    def values() -> NDArray[np.float32]:
        found = rng.lognormal(0.0, 0.5, n).astype(np.float32)
        found[rng.random(n) < missing] = np.nan
        found.flags.writeable = False
        return found

    def read(name: str) -> NDArray[np.float32]:
        column = given.get(name)
        return values() if column is None else column

    codes = (np.arange(n) % 3).astype(np.int16)
    given = {role.name: values() if optional or not role.optional else None for role in roles}
    return PlotData(
        values=given,
        names={role.name: role.name for role in roles},
        units={role.name: getattr(role, "unit", "") for role in roles},
        colouring=Colouring(codes, ("Star", "Galaxy", "unknown"), _COLOURS),
        hidden=frozenset(hidden),
        selected=selected,
        position=(rng.uniform(0, 360, n), rng.uniform(-90, 90, n)),
        columns={**dict.fromkeys("ugriz", "mag(AB)"), **{role.name: getattr(role, "unit", "") for role in roles}},
        read=read,
    )


CHECKS = (
    returns_an_element,
    draws_with_a_selection,
    draws_what_is_there,
    stands_missing_values,
    stands_few_sources,
    takes_its_parameters,
)
