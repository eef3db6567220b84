"""A feature operation: the ratio of two fluxes on a scale that accepts values around zero."""

import numpy as np

import astronomical


@astronomical.feature("arsinh_ratio", title="arsinh ratio", symbol=" vs ")
def arsinh_ratio(columns):
    """Return arsinh of the first column minus arsinh of the mean of the others."""
    first, others = columns[0], np.mean(columns[1:], axis=0)
    return np.arcsinh(first) - np.arcsinh(others)
