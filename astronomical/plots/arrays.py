"""Arrays as the compiled loops want them."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, DTypeLike, NDArray

__all__ = ["frozen"]


def frozen(values: ArrayLike, dtype: DTypeLike) -> NDArray[Any]:
    """Return an array as contiguous and read-only, copied only where needed.

    The kernels are compiled for one kind of array; all others would be compiled anew.
    """
    view = np.ascontiguousarray(values, dtype=dtype).view()
    view.flags.writeable = False
    return view
