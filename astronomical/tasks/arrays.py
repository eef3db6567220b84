"""Prepare arrays for compiled code."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, DTypeLike, NDArray

__all__ = ["frozen"]


def frozen(values: ArrayLike, dtype: DTypeLike) -> NDArray[Any]:
    """Return a contiguous, read-only array, copied only if necessary.

    Loops are compiled for this kind of array; for other kinds they would be compiled again.
    """
    view = np.ascontiguousarray(values, dtype=dtype).view()
    view.flags.writeable = False
    return view
