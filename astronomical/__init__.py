"""Label a few well-chosen sources of a catalogue, train a classifier, share it as one file."""

from __future__ import annotations

from importlib import import_module
from typing import Any

__version__ = "0.1.0.dev0"

_LAZY = {
    "Session": "astronomical.session.session",
    "load_model": "astronomical.session.bundles",
    "new_project": "astronomical.session.new",
    "open_project": "astronomical.session.session",
    "reproduce": "astronomical.session.reproduce",
    "model": "astronomical.extend",
    "query_strategy": "astronomical.extend",
    "feature": "astronomical.extend",
    "plot": "astronomical.extend",
    "create_plot": "astronomical.plots.create",
}
__all__ = ["__version__", *_LAZY]


def __getattr__(name: str) -> Any:
    """Import a public name when it is first asked for, so that ``import astronomical`` is quick."""
    if name not in _LAZY:
        raise AttributeError(f"module 'astronomical' has no attribute {name!r}")
    return getattr(import_module(_LAZY[name]), name)


def __dir__() -> list[str]:
    return sorted(__all__)
