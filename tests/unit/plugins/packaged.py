"""What a package with an entry point would hold."""

from __future__ import annotations

from sklearn.naive_bayes import GaussianNB

import astronomical


@astronomical.model("naive")
def naive(seed):
    """Return a naive Bayes classifier."""
    return GaussianNB()
