"""A model: Gaussian naive Bayes with one parameter."""

from sklearn.naive_bayes import GaussianNB

import astronomical
from astronomical.extend import Parameter


@astronomical.model(
    "naive_bayes",
    title="Naive Bayes",
    help="Treats features as independent; learns from very few labels.",
    version="1.0",
    parameters=(
        Parameter("smoothing", 1e-3, "Fraction of the largest variance that is added to all variances.", (0.0, 1.0)),
    ),
)
def naive_bayes(seed, smoothing=1e-3):
    """Return an untrained classifier; nothing in it is random."""
    return GaussianNB(var_smoothing=smoothing)
