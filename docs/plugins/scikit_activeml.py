"""Query strategies of scikit-activeml. It needs ``pip install scikit-activeml``."""

import numpy as np
from skactiveml.classifier import ParzenWindowClassifier
from skactiveml.pool import CoreSet, ProbabilisticAL

import astronomical


def ask(strategy, classifier, X_pool, n_instances, **options):
    """Return the indices of the sources that a strategy of scikit-activeml queries."""
    X = np.vstack([classifier.X_training, X_pool])
    y = np.append(classifier.y_training, np.full(len(X_pool), np.nan))
    return strategy.query(X, y, batch_size=n_instances, **options) - len(classifier.X_training)


@astronomical.query_strategy("core_set", title="Core set (scikit-activeml)", help="Far from all labelled sources.")
def core_set(classifier, X_pool, n_instances=1):
    """Return the indices of the sources to query."""
    return ask(CoreSet(random_state=0), classifier, X_pool, n_instances)


@astronomical.query_strategy("mcpal", title="Probabilistic (scikit-activeml)", help="Where a label should help most.")
def mcpal(classifier, X_pool, n_instances=1):
    """Return the indices of the sources to query."""
    density = ParzenWindowClassifier(classes=[0, 1], random_state=0)
    return ask(ProbabilisticAL(random_state=0), classifier, X_pool, n_instances, clf=density)
