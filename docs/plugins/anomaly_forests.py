"""Anomaly forests of coniferest as query strategies. They need ``pip install coniferest``."""

import numpy as np
from coniferest.aadforest import AADForest
from coniferest.isoforest import IsolationForest

import astronomical


@astronomical.query_strategy("isolation", title="Anomalies (coniferest)", help="The most isolated sources first.")
def isolation(classifier, X_pool, n_instances=1):
    """Return the indices of the sources to query; labels do not matter."""
    pool = np.asarray(X_pool, dtype=float)
    forest = IsolationForest(n_subsamples=min(256, len(pool)), n_jobs=1, random_seed=0).fit(pool)
    return np.argsort(forest.score_samples(pool), kind="stable")[:n_instances]


@astronomical.query_strategy("aad", title="Sought anomalies (coniferest)", help="Anomalies like those of the class.")
def aad(classifier, X_pool, n_instances=1):
    """Return the indices of the sources to query; the forest learns from the labels which anomalies are sought."""
    pool, known = np.asarray(X_pool, dtype=float), np.asarray(classifier.X_training, dtype=float)
    forest = AADForest(n_subsamples=min(256, len(pool)), n_jobs=1, random_seed=0)
    forest.fit_known(pool, known, np.where(np.asarray(classifier.y_training) == 1, -1, 1))
    return np.argsort(forest.score_samples(pool), kind="stable")[:n_instances]
