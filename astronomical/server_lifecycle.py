"""Guards the server, keeps its log, and warms it up; Panel runs this file once, before the socket is bound.

It runs with the package folder on the path, where ``config`` or ``plots`` would hide other packages of these
names; what is imported here is imported under its full name, from the folder above.
"""

import sys
from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent
sys.path[:] = [str(_PACKAGE.parent), *(entry for entry in sys.path if Path(entry).resolve() != _PACKAGE)]

from astronomical.dashboard.guard import install  # noqa: E402
from astronomical.dashboard.logs import keep_log  # noqa: E402
from astronomical.dashboard.warmup import warm_up  # noqa: E402

keep_log()
install()
warm_up()
