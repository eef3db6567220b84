"""What the server does before the first page asks for it."""

from __future__ import annotations

import gc
from importlib import import_module

__all__ = ["warm_up"]

#: The page with all that it needs, and what is imported only once a catalogue is opened.
_MODULES = ("astronomical.dashboard.app", "astronomical.catalogue.readers.fits")


def warm_up() -> None:
    """Import what pages and projects need, and spare the garbage collector these objects.

    Libraries hold hundreds of thousands of objects that stay for good. To look through them takes the collector 0.2 s
    each time, during which the event loop stands still.
    """
    for name in _MODULES:
        import_module(name)
    gc.freeze()
