"""An open project without a screen: its state, its commands, and its files."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from astronomical.session.project.new import new_project
    from astronomical.session.session import Session, open_project
    from astronomical.session.state import SessionState

__all__ = ["Session", "SessionState", "new_project", "open_project"]

_MODULES = {
    "Session": "astronomical.session.session",
    "SessionState": "astronomical.session.state",
    "new_project": "astronomical.session.project.new",
    "open_project": "astronomical.session.session",
}


def __getattr__(name: str) -> Any:
    """Import a public name on first access, so that the parts can be imported one by one."""
    if name not in _MODULES:
        raise AttributeError(f"module 'astronomical.session' has no attribute {name!r}")
    return getattr(import_module(_MODULES[name]), name)
