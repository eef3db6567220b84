"""The base of all sections of the project file."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

__all__ = ["MAX_TEXT", "Name", "PathText", "Section"]

#: Characters of any text in the file: more is a mistake, or malice.
MAX_TEXT = 4000

Name = Annotated[str, Field(min_length=1, max_length=200)]
PathText = Annotated[str, Field(min_length=1)]


class Section(BaseModel):
    """Base of all sections: immutable, and no key passes unnoticed."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True, allow_inf_nan=False,
                              str_max_length=MAX_TEXT)
