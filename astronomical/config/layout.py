"""Section of the project file about the panes of the dashboard."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field, field_validator

from astronomical.config.base import Name, Section

__all__ = ["LayoutConfig", "PaneConfig"]


class PaneConfig(Section):
    """A pane of the dashboard: its content, position and settings."""

    id: Name
    kind: Name
    x: int = Field(ge=0, le=11)
    y: int = Field(ge=0, le=500)
    w: int = Field(ge=1, le=12)
    h: int = Field(ge=1, le=100)
    settings: dict[str, Any] = {}


class LayoutConfig(Section):
    """The panes, and the initial axes of a new plot."""

    panes: tuple[PaneConfig, ...] = ()
    axes: tuple[str, str] | None = None
    theme: Literal["light", "dark"] = "light"

    @field_validator("panes")
    @classmethod
    def _check_pane_ids(cls, panes: tuple[PaneConfig, ...]) -> tuple[PaneConfig, ...]:
        ids = [p.id for p in panes]
        if len(set(ids)) != len(ids):
            raise ValueError("two panes have the same id")
        return panes
