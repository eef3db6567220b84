"""A model: Gaussian naive Bayes, with one setting."""

from sklearn.naive_bayes import GaussianNB

import astronomical
from astronomical.extend import Parameter


@astronomical.model(
    "naive_bayes",
    title="Naive Bayes",
    help="Treats features as independent; learns from very few labels.",
    version="1.0",
    parameters=(Parameter("smoothing", 1e-3, "Share of the largest variance added to all.", (0.0, 1.0)),),
)
def naive_bayes(seed, smoothing=1e-3):
    """Return a classifier that has not learnt yet; nothing in it is random."""
    return GaussianNB(var_smoothing=smoothing)
