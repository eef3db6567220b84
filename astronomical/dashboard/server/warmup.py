"""Work of the server before the first page, and behind the start page."""

from __future__ import annotations

import gc
import threading
import time
from importlib import import_module

from astronomical.learning.kernels import KERNELS
from astronomical.tasks import fill_cache, start_compiling

__all__ = ["compile_soon", "warm_up"]

#: Modules of the page, and modules that are otherwise imported when a catalogue is opened. All components must exist
#: before the first page is served: a browser does not know components that are defined later.
_MODULES = ("astronomical.dashboard.server.app", "astronomical.catalogue.readers.fits")
#: What the first saved model needs, and the time after which it is imported in s: a project opens without it.
_LAST, _LAST_S = "astronomical.session.export.model_files", 20.0
_started = threading.Event()


def warm_up() -> None:
    """Import the modules for pages and projects, and exclude their objects from garbage collection.

    Libraries hold hundreds of thousands of permanent objects. Each time, the collector would need 0.2 s to traverse
    them, which would block the event loop. At the first start after an installation, another process compiles kernels
    meanwhile.
    """
    fill_cache(KERNELS)
    for name in _MODULES:
        import_module(name)
    gc.freeze()


def compile_soon() -> None:
    """Compile code in the background, now that the start page is shown. Further calls have no effect."""
    if not _started.is_set():
        _started.set()
        start_compiling()
        threading.Thread(target=_import_last, name="astronomical import", daemon=True).start()


def _import_last() -> None:
    time.sleep(_LAST_S)
    import_module(_LAST)
