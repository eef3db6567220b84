"""A feature of light curves: the fraction of steps in which the source brightens."""

import numpy as np

import astronomical


@astronomical.light_curve_feature("rise_fraction", title="Fraction of rising steps")
def rise_fraction(time, value, error):
    """Return the fraction of successive epochs with a smaller magnitude than the one before."""
    return np.mean(np.diff(value) < 0) if len(value) > 1 else np.nan
