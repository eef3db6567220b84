"""A query strategy of modAL's, as it is."""

from modAL.uncertainty import margin_sampling

import astronomical


@astronomical.query_strategy("modal_margin", title="Margin (modAL)", help="modAL's own margin sampling.")
def modal_margin(classifier, X_pool, n_instances=1):
    """Return indices of the sources to be asked for."""
    return margin_sampling(classifier, X_pool, n_instances=n_instances)
