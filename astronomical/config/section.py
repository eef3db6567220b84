"""The base of all sections of the project file."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

__all__ = ["Name", "Section"]

Name = Annotated[str, Field(min_length=1, max_length=200)]


class Section(BaseModel):
    """Base of all sections: immutable, and no key passes unnoticed."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True, allow_inf_nan=False)
