"""Features of light curves that plugins compute."""

from __future__ import annotations

import logging
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from astronomical.catalogue.light_curves.curves import CurveSet
from astronomical.catalogue.light_curves.features import feature_names
from astronomical.plugins.registry import Entry, Registry
from astronomical.session.errors import SessionError
from astronomical.tasks import GivenUpError, Workers, time_limit

__all__ = ["plugin_features"]

log = logging.getLogger(__name__)
#: Time limit of a plugin for so many light curves, in s.
_TIME_LIMIT_S, _SOURCES_AT_ONCE = 60.0, 500


def plugin_features(
    curves: CurveSet, registry: Registry, cancelled: Callable[[], bool] = lambda: False
) -> dict[str, NDArray[np.float32]]:
    """Return the features of all light curves that plugins compute, by column.

    Parameters
    ----------
    curves, registry
        The light curves, and the registry with the plugins.
    cancelled
        Called regularly: whether to stop.

    Raises
    ------
    SessionError
        If a plugin fails, does not finish, or has the name of a column that exists.
    """
    entries = {entry.extension.name: entry for entry in registry.entries("light_curve")}
    found: dict[str, NDArray[np.float32]] = {}
    if not entries:
        return found
    of_bands, _ = feature_names(curves.bands, "magnitude", errors=True)
    names, _ = feature_names(curves.bands, "magnitude", errors=True, taken=tuple(entries))
    for (feature, band), column in names.items():
        if (feature, band) in of_bands:
            if feature in entries:
                raise SessionError(f"The plugin feature {feature!r} has the name of a built-in one. Rename it.")
            continue
        found[column] = _of_band(entries[feature], curves, curves.bands.index(band), cancelled)
    return found


def _of_band(entry: Entry, curves: CurveSet, code: int, cancelled: Callable[[], bool]) -> NDArray[np.float32]:
    """Return the feature of a plugin in one band, shape (n_sources,)."""
    name = entry.extension.name
    workers = Workers.of(("light_curve", name), 4, give_up_s=time_limit(_TIME_LIMIT_S))
    found = np.full(len(curves), np.nan, dtype=np.float32)
    for start in range(0, len(curves), _SOURCES_AT_ONCE):
        if cancelled():
            break
        rows = range(start, min(start + _SOURCES_AT_ONCE, len(curves)))
        try:
            values = workers.run(partial(_values, entry, curves, code, rows), f"The feature {name!r} of a plugin")
        except GivenUpError:
            raise
        except Exception as error:
            log.warning("the light curve feature %r of a plugin failed", name, exc_info=error)
            raise SessionError(f"The feature {name!r} of a plugin failed ({type(error).__name__}: {error}).") from error
        found[rows.start : rows.stop] = values
    return found


def _values(entry: Entry, curves: CurveSet, code: int, rows: range) -> list[float]:
    parameters: dict[str, Any] = entry.extension.check({})
    values = []
    for row in rows:
        curve = curves.at(row)
        here = curve.is_measured & (curve.band == code)
        value = entry.obj(curve.time[here], curve.value[here], curve.error[here], **parameters) if here.any() else None
        values.append(np.nan if value is None else float(value))
    return values
