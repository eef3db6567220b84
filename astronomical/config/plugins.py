"""Sections of the project file about plugins, and about the files of models."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from astronomical.config.base import Name, PathText, Section

__all__ = ["ModelsConfig", "PluginConfig"]


class PluginConfig(Section):
    """A plugin that the project needs: a file, relative to the project file, or an installed package.

    Opening the project does not run it; the program asks the user first.
    """

    name: Name
    version: str | None = None
    path: PathText | None = None
    sha256: str | None = Field(default=None, pattern=r"^[0-9a-f]{64}$")


class ModelsConfig(Section):
    """Whether to keep the model of every round beside the project, in which format, and up to how many MB.

    Reading a joblib file runs any code that it contains.
    """

    keep: bool = True
    format: Literal["skops", "joblib"] = "skops"
    limit_mb: int = Field(default=500, ge=1, lt=2**63)
