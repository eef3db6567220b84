"""Guards the server, keeps its log, and warms it up; Panel runs this file once, before the socket is bound.

It runs with the package folder on the path, where ``config`` or ``plots`` would hide other packages of these
names; what is imported here is imported under its full name, from the folder above.
"""

import sys
from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent
_PATH = [entry for entry in sys.path if Path(entry).resolve() != _PACKAGE]
# The folder above is on the path for one import only: other files in it are not for import.
sys.path[:] = [str(_PACKAGE.parent), *_PATH]
import astronomical  # noqa: E402, F401

sys.path[:] = _PATH
from tornado.ioloop import IOLoop  # noqa: E402

from astronomical.dashboard.server.arguments import AppArguments  # noqa: E402
from astronomical.dashboard.server.exit_clock import start_exit_clock  # noqa: E402
from astronomical.dashboard.server.logs import keep_log  # noqa: E402
from astronomical.dashboard.server.security import install  # noqa: E402
from astronomical.dashboard.server.tabs import registry  # noqa: E402
from astronomical.dashboard.server.warmup import compile_soon, warm_up  # noqa: E402

#: Time in s after which the server no longer waits for the first page before it compiles code.
_NO_PAGE_S = 5.0

keep_log()
install(no_token=AppArguments.parse(sys.argv[1:]).no_token)
warm_up()
# The first page asks for this once it is shown; without a page, the server does it by itself.
IOLoop.current().call_later(_NO_PAGE_S, compile_soon)
# Once the event loop runs: it sets its own watch for signals before.
IOLoop.current().add_callback(lambda: start_exit_clock(registry().close_all))
