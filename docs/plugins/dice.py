"""A query strategy: uncertainty sampling, with one query in ten at random."""

import numpy as np

import astronomical
from astronomical.extend import Parameter


@astronomical.query_strategy(
    "dice",
    title="Uncertain, with surprises",
    help="Queries the sources with the least certain predictions, and some sources at random.",
    parameters=(Parameter("share", 0.1, "Fraction of the pool from which random queries are drawn.", (0.0, 1.0)),),
)
def dice(proba, order, share=0.1):
    """Return one utility for each source of the pool; the source with the largest is queried first.

    Random numbers come from `order`, a seeded hash of each source, so that the same project gives the same queries.
    """
    number = order.astype(np.float64) * 2.0**-64
    return np.where(number < share, 1.0 + number, 1.0 - proba.max(axis=1))
