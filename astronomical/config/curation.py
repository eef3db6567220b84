"""Section of the project file about a test set that is chosen and labelled by the user."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field, SerializerFunctionWrapHandler, model_serializer, model_validator

from astronomical.config.base import Count, Name, Scalar, Section

__all__ = ["AuditConfig", "CriterionConfig", "CriterionOperator", "CuratedConfig"]

CriterionOperator = Literal[
    "<", "<=", ">", ">=", "=", "!=", "between", "is", "is not", "contains", "missing", "not missing"
]


class CriterionConfig(Section):
    """A condition on a column, or on the notes, tags or flag of a source.

    `high` is the upper end of ``between``. A flag allows only ``missing`` and ``not missing``.
    """

    about: Literal["column", "note", "tag", "flag"] = "column"
    column: Name | None = None
    operator: CriterionOperator
    value: Scalar | None = None
    high: float | None = None

    @model_validator(mode="after")
    def _check_criterion_column(self) -> CriterionConfig:
        if (self.about == "column") != (self.column is not None):
            raise ValueError("a column is required if the criterion is about a column, and not allowed otherwise")
        return self


class CuratedConfig(Section):
    """The curated test set: the criteria for candidates, and whether it is in use.

    Criteria are joined by AND.
    """

    criteria: tuple[CriterionConfig, ...] = ()
    use_as_test: bool = False


class AuditConfig(Section):
    """A random sample of the sources without an answer, to be labelled without seeing predictions.

    `event` is the number of events before the sample was drawn, and `n_population` the number of sources that it was
    drawn from. The sources are labelled in the order of `ids`, one after the other, or each instead of one in `every`
    queries of the learners.
    """

    event: Count
    n_population: Count = Field(ge=1)
    ids: tuple[str, ...]
    every: int | None = Field(default=None, ge=2, le=1000)
    who: str = ""
    when: str = ""

    @model_serializer(mode="wrap")
    def _without_unused_interval(self, write: SerializerFunctionWrapHandler) -> dict[str, Any]:
        found: dict[str, Any] = write(self)
        if found.get("every") is None:
            found.pop("every", None)
        return found
