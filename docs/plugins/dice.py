"""A query strategy: like uncertainty, but one source in ten is asked at random."""

import numpy as np

import astronomical
from astronomical.extend import Parameter


@astronomical.query_strategy(
    "dice",
    title="Uncertain, with surprises",
    help="Asks where the model is unsure, and now and then somewhere else.",
    parameters=(Parameter("share", 0.1, "Share of the pool from which surprises come.", (0.0, 1.0)),),
)
def dice(proba, order, share=0.1):
    """Return one utility for each source of the pool, the largest is asked first.

    What is random comes from `order`, a seeded hash of each source: the same project asks the same sources.
    """
    number = order.astype(np.float64) * 2.0**-64
    return np.where(number < share, 1.0 + number, 1.0 - proba.max(axis=1))
