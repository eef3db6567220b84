"""Sky map, and colour-colour and colour-magnitude plots."""

from __future__ import annotations

import holoviews as hv
import numpy as np
from numpy.typing import NDArray

from astronomical.catalogue.sky import aitoff
from astronomical.extend import Column, Parameter, plot
from astronomical.plots.bands import BANDS
from astronomical.plots.plot_data import CannotDrawError, PlotData

__all__ = ["BUILTINS"]

_PLATE, _AITOFF = "plate carrée", "Aitoff"


@plot(
    "sky",
    title="Sky map",
    help="Positions of the sources on the sky, in degrees.",
    parameters=(
        Parameter("projection", _PLATE, "Map projection", choices=(_PLATE, _AITOFF)),
        Parameter("centre", 180.0, "Right ascension at the centre of an Aitoff map, in degrees", bounds=(0.0, 360.0)),
    ),
)
def sky(data: PlotData, projection: str = _PLATE, centre: float = 180.0) -> hv.Element:
    """Draw the positions of the sources."""
    if data.position is None:
        raise CannotDrawError("The project has no columns of right ascension and declination.")
    ra, dec = data.position
    if projection == _PLATE:
        return data.points(ra, dec, x_label="RA (°)", y_label="Dec (°)", invert_x=True, axes=("ra()", "dec()"))
    x, y = aitoff(ra, dec, centre)
    points = data.points(
        x,
        y,
        x_label="Aitoff, RA to the left (°)",
        y_label="(°)",
        x_limits=(-185, 185),
        y_limits=(-95, 95),
        axes=(f"aitoff_x({float(centre)!r})", f"aitoff_y({float(centre)!r})"),
    )
    along = np.linspace(-90, 90, 91)
    meridians = [data.curve(*_meridian(offset, along), dashed=True) for offset in range(-180, 181, 60)]
    across = np.linspace(-179.999, 179.999, 181)
    parallels = [data.curve(*aitoff(across, np.full_like(across, d), 0.0), dashed=True) for d in range(-60, 61, 30)]
    labels = [
        data.text(float(_meridian(offset, np.zeros(1))[0][0]), 4, f"{(centre + offset) % 360:.0f}°")
        for offset in range(-120, 121, 60)
    ]
    return points * hv.Overlay([*meridians, *parallels, *labels])


def _meridian(offset_deg: float, dec_deg: NDArray[np.float64]) -> tuple[NDArray[np.float64], ...]:
    """Return a meridian at a given offset from the centre; both edges of the map are meridians."""
    inside = np.clip(offset_deg, -179.999, 179.999)
    return aitoff(np.full_like(dec_deg, inside), dec_deg, 0.0)


def _names(band: str) -> tuple[str, ...]:
    return (band, f"{band}mag", f"mag_{band}", f"psfmag_{band}", f"modelmag_{band}", f"{band}_psf", f"{band}_mag")


def _band(role: str, help: str, *bands: str) -> Column:
    assert all(band in BANDS for band in bands)
    return Column(role, help, "mag", tuple(name for band in bands for name in _names(band)))


@plot(
    "colour-colour",
    title="Colour-colour",
    help="Two colours from three bands, for example u − g against g − r.",
    columns=(
        _band("blue", "the bluest magnitude", "u", "g"),
        _band("middle", "the one between", "g", "r"),
        _band("red", "the reddest magnitude", "r", "i"),
    ),
)
def colour_colour(data: PlotData) -> hv.Element:
    """Draw the bluer colour against the redder one."""
    blue, middle, red = (data.names[role] for role in ("blue", "middle", "red"))
    axes = data.axis_of("middle", "red"), data.axis_of("blue", "middle")
    return data.points(
        data["middle"] - data["red"],
        data["blue"] - data["middle"],
        x_label=f"{middle} − {red} (mag)",
        y_label=f"{blue} − {middle} (mag)",
        axes=axes if all(axes) else None,
    )


@plot(
    "colour-magnitude",
    title="Colour-magnitude",
    help="A magnitude against a colour, with bright sources at the top.",
    columns=(_band("blue", "the bluer magnitude", "g", "u"), _band("red", "the redder magnitude", "r", "i")),
)
def colour_magnitude(data: PlotData) -> hv.Element:
    """Draw the redder magnitude against the colour."""
    blue, red = data.names["blue"], data.names["red"]
    axes = data.axis_of("blue", "red"), data.axis_of("red")
    return data.points(
        data["blue"] - data["red"],
        data["red"],
        x_label=f"{blue} − {red} (mag)",
        y_label=f"{red} (mag)",
        invert_y=True,
        axes=axes if all(axes) else None,
    )


BUILTINS = (sky, colour_colour, colour_magnitude)
