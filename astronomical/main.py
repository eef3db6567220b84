"""What ``panel serve astronomical`` runs for every page.

Panel puts the package folder on the path, where ``config`` or ``plots`` would hide other packages of these names;
our own are imported under their full names, from the folder above.
"""

import sys
from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent
_PATH = [entry for entry in sys.path if Path(entry).resolve() != _PACKAGE]
# The folder above is on the path for one import only: other files in it are not for import.
sys.path[:] = [str(_PACKAGE.parent), *_PATH]
import astronomical  # noqa: E402, F401

sys.path[:] = _PATH
from astronomical.dashboard.server.app import serve_page  # noqa: E402

serve_page(sys.argv[1:])
