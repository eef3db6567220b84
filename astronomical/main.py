"""What ``panel serve astronomical`` runs for every page.

Panel puts the package folder on the path, where ``config`` or ``plots`` would hide other packages of these names;
our own are imported under their full names, from the folder above.
"""

import sys
from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent
sys.path[:] = [str(_PACKAGE.parent), *(entry for entry in sys.path if Path(entry).resolve() != _PACKAGE)]

from astronomical.dashboard.app import serve_page  # noqa: E402

serve_page(sys.argv[1:])
