"""Base class of all sections of the project file."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from astronomical.paths import check_path

__all__ = ["MAX_TEXT", "Count", "Name", "PathText", "Scalar", "Section"]

#: Maximum length of a text in the file; a longer one is a mistake or an attack.
MAX_TEXT = 4000

#: Python would count further, but numbers with decimals could not hold the result.
Count = Annotated[int, Field(ge=0, lt=2**63)]
Scalar = bool | int | float | str
Name = Annotated[str, Field(min_length=1, max_length=200)]
PathText = Annotated[str, Field(min_length=1), AfterValidator(check_path)]


class Section(BaseModel):
    """Base class of all sections: immutable, and unknown keys are errors."""

    model_config = ConfigDict(
        extra="forbid", frozen=True, populate_by_name=True, allow_inf_nan=False, str_max_length=MAX_TEXT
    )
