"""Write the colour maps for FITS images, taken from Matplotlib, so that showing an image does not need Matplotlib."""

from pathlib import Path

import numpy as np
from matplotlib import colormaps

NAMES = ("gray", "gray_r", "viridis", "magma", "inferno", "cividis", "afmhot")
OUTPUT = Path(__file__).resolve().parents[1] / "astronomical" / "services" / "colour_maps.npz"

tables = {name: (colormaps[name](np.linspace(0, 1, 256))[:, :3] * 255 + 0.5).astype(np.uint8) for name in NAMES}
np.savez_compressed(OUTPUT, **tables)
