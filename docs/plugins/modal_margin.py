"""A query strategy of modAL, unchanged."""

from modAL.uncertainty import margin_sampling

import astronomical


@astronomical.query_strategy("modal_margin", title="Margin (modAL)", help="Margin sampling of modAL.")
def modal_margin(classifier, X_pool, n_instances=1):
    """Return the indices of the sources to query."""
    return margin_sampling(classifier, X_pool, n_instances=n_instances)
