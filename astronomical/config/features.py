"""Section of the project file about the features."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field, SerializerFunctionWrapHandler, model_serializer, model_validator

from astronomical.config.base import Name, Scalar, Section

__all__ = ["CombinationConfig", "FeaturesConfig", "VectorConfig"]

#: Maximum number of values of a vector.
_MAX_LENGTH = 100_000


class CombinationConfig(Section):
    """All subsets of `n` columns combined by an operation with its parameters; subtract gives ``u-g``."""

    operation: Name
    n: int = Field(default=2, ge=2, le=5)
    columns: tuple[str, ...] | None = None
    parameters: dict[str, Scalar] = {}


class VectorConfig(Section):
    """A column of vectors that is used as features.

    `length` is the number of values in each row. With `components`, the features are so many principal components,
    computed from the training set; otherwise each value is a feature.
    """

    column: Name
    length: int = Field(ge=1, le=_MAX_LENGTH)
    components: int | None = Field(default=None, ge=1)

    @model_validator(mode="after")
    def _check_components(self) -> VectorConfig:
        if self.components is not None and self.components > self.length:
            raise ValueError(f"a vector of {self.length} values has at most {self.length} principal components")
        return self


class FeaturesConfig(Section):
    """Recipe of the features.

    `double` lists the columns that are combined in double precision, because they contain large numbers that are nearly
    equal, such as times. It is found from the values when the features are chosen.
    """

    columns: tuple[str, ...] = ()
    combinations: tuple[CombinationConfig, ...] = ()
    scaling: Literal["none", "standard"] = "none"
    missing: Literal["native", "median", "drop"] = "native"
    double: tuple[str, ...] = ()
    vectors: tuple[VectorConfig, ...] = ()

    @model_serializer(mode="wrap")
    def _without_empty_lists(self, write: SerializerFunctionWrapHandler) -> dict[str, Any]:
        """Leave out empty lists: recorded rounds of older projects have keys without them."""
        found: dict[str, Any] = write(self)
        for name in ("double", "vectors"):
            if not found.get(name):
                found.pop(name, None)
        return found

    @model_validator(mode="after")
    def _check_vectors(self) -> FeaturesConfig:
        names = [item.column for item in self.vectors]
        if len(set(names)) < len(names):
            raise ValueError("a column of vectors is listed twice")
        return self
