"""Sets of classes that a source may belong to, by conformal prediction for each class."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

__all__ = ["LEVEL", "join_sets", "set_limits"]

#: Fraction of the sources of each class whose set holds the class.
LEVEL = 0.9
_SEPARATOR = "|"


def set_limits(truth: NDArray[np.integer], proba: NDArray[np.floating], level: float = LEVEL) -> tuple[float, float]:
    """Return the probabilities from which on a class, and up to which the rest, belongs to the set of a source.

    Each side has a limit of its own, from the sources of that side alone [1]_. A limit from all sources together would
    hold for all sources together, but not for those of a rare class.

    Parameters
    ----------
    truth
        1 for the class, 0 for the rest, of sources that the model was not trained on, shape (n,).
    proba
        Probability of the class, shape (n,).
    level
        Fraction of the sources of each side whose set holds their side, on average over draws of the sources.

    Returns
    -------
    lowest : float
        The class belongs to the set from this probability on; 0 if there are too few sources of the class.
    highest : float
        The rest belongs to the set up to this probability; 1 if there are too few sources of the rest.

    References
    ----------
    .. [1] V. Vovk, "Conditional validity of inductive conformal predictors", Machine Learning 92 (2013),
       doi:10.1007/s10994-013-5355-6.
    """
    own, others = np.sort(proba[truth == 1]), np.sort(proba[truth == 0])
    # A small number keeps 0.1 * 30 from being less than 3.
    k_own, k_others = (int((1 - level) * (len(side) + 1) + 1e-9) for side in (own, others))
    return (float(own[k_own - 1]) if k_own else 0.0, float(others[-k_others]) if k_others else 1.0)


def join_sets(inside: Mapping[str, NDArray[np.bool_]], names: Sequence[str]) -> NDArray[np.str_]:
    """Return the sets as texts such as ``Star|QSO``; an empty set is an empty text.

    Parameters
    ----------
    inside
        Whether each class is in the set of each source, shape (n_rows,), by class.
    names
        The classes, in the order of the texts.
    """
    n_rows = len(next(iter(inside.values())))
    code = np.zeros(n_rows, dtype=np.intp)
    texts = [""]
    for name in names:
        # Few of all possible sets occur, so each is made once.
        found, code = np.unique(2 * code + inside[name], return_inverse=True)
        texts = [
            _SEPARATOR.join(filter(None, (texts[known // 2], name if known % 2 else ""))) for known in found.tolist()
        ]
    joined: NDArray[np.str_] = np.array(texts)[code]
    return joined
