"""A plot: how the error of a magnitude grows towards faint sources."""

import numpy as np

import astronomical
from astronomical.extend import Column


@astronomical.plot(
    "error_plot",
    title="Error against magnitude",
    help="Errors of a magnitude, with the line at a signal-to-noise ratio of 5.",
    columns=(
        Column("magnitude", "a magnitude", "mag", guesses=("r", "rmag")),
        Column("error", "its error", "mag", guesses=("r_err", "e_rmag", "rerr")),
    ),
)
def error_plot(data):
    """Return a HoloViews element."""
    magnitude, error = data["magnitude"], data["error"]
    points = data.points(magnitude, error, x_label=data.label("magnitude"), y_label=data.label("error"))
    ends = [np.nanmin(magnitude), np.nanmax(magnitude)]
    limit = 2.5 / np.log(10) / 5
    bad = int(np.sum(error > limit))
    if bad:
        data.note(f"{bad:,} sources are fainter than 5 sigma")
    return points * data.curve(ends, [limit, limit], dashed=True)
