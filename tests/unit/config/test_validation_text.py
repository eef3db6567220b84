"""Errors of pydantic in plain English, and their places as they are in the file."""

from __future__ import annotations

from typing import Annotated, Literal

import pytest
from pydantic import Field, ValidationError

from astronomical.config.base import Section
from astronomical.config.errors import naming_input, problems_of
from astronomical.config.schema import Config, CriterionConfig, LabelConfig
from astronomical.errors import InvalidInputError, as_failure, explain, is_bug


class Inner(Section):
    kind: Literal["deg", "hourangle"] = "deg"
    limits: tuple[float, ...] = ()


class Outer(Section):
    table: int | str | None = None
    text: str = Field("a", min_length=1, max_length=5)
    n: int = Field(2, ge=1, le=5)
    x: float = Field(0.5, gt=0, lt=1)
    on: bool = False
    inner: Inner = Inner()
    many: tuple[Inner, ...] = Field((), max_length=1)
    values: dict[str, int | bool] = Field(default={})
    named: Annotated[Inner | None, Field(alias="class")] = None


@pytest.mark.parametrize(
    ("given", "path", "message"),
    [
        ({"table": [1]}, "table", "this must be a whole number or text"),
        ({"text": ""}, "text", "this text must not be empty"),
        ({"text": "abcdef"}, "text", "this text is longer than 5 characters"),
        ({"text": 3}, "text", "this must be text"),
        ({"n": 6}, "n", "this must be at most 5"),
        ({"n": 0}, "n", "this must be at least 1"),
        ({"n": 1.5}, "n", "this must be a whole number"),
        ({"n": "many"}, "n", "this must be a whole number"),
        ({"x": 1}, "x", "this must be smaller than 1.0"),
        ({"x": 0}, "x", "this must be larger than 0.0"),
        ({"x": float("nan")}, "x", "this must be a finite number"),
        ({"x": "a"}, "x", "this must be a number"),
        ({"on": "perhaps"}, "on", "this must be true or false"),
        ({"inner": 3}, "inner", "this must be a mapping of keys to values"),
        ({"inner": {"kind": "degs"}}, "inner.kind", "this must be 'deg' or 'hourangle'; did you mean 'deg'?"),
        ({"inner": {"limits": [1, "b"]}}, "inner.limits.1", "this must be a number"),
        ({"inner": {"limit": [1]}}, "inner.limit", "no such key; did you mean 'limits'?"),
        ({"many": {"a": 1}}, "many", "this must be a list"),
        ({"many": [{}, {}]}, "many", "this list has more than 1 items"),
        ({"many": [{"kid": "deg"}]}, "many.0.kid", "no such key; did you mean 'kind'?"),
        ({"values": {"a": "b"}}, "values.a", "this must be a whole number or true or false"),
        ({"class": {"kind": 4}}, "class.kind", "this must be 'deg' or 'hourangle'"),
    ],
)
def test_messages_and_places(given, path, message):
    with pytest.raises(ValidationError) as caught:
        Outer.model_validate(given)
    (found,) = problems_of(caught.value, Outer)
    assert (found.path, found.message) == (path, message)


def test_no_message_of_pydantic_is_left_for_any_type_of_a_wrong_value():
    """Every value of a minimal project is replaced by values of other types: none gives pydantic's own words."""
    wrong = (None, 3, -1, 1.5, float("inf"), "", "x" * 5000, [], [[]], {}, {"a": {}}, True)
    for name in Config.model_fields:
        for value in wrong:
            try:
                Config.model_validate({"schema_version": 1, "catalogue": {"path": "a"}, name: value})
            except ValidationError as error:
                for problem in problems_of(error, Config):
                    assert "Input should" not in problem.message
                    assert "should" not in problem.message
                    assert "function-" not in problem.path
                    assert "[" not in problem.path


def test_input_of_a_user_is_named():
    expected = r"^The condition: about: this must be 'column'.* \(found 'colum'\)\.$"
    with pytest.raises(InvalidInputError, match=expected), naming_input("The condition"):
        CriterionConfig.model_validate({"about": "colum"})


def test_an_invalid_section_is_a_mistake_of_the_user_wherever_it_is_made():
    with pytest.raises(ValidationError) as caught:
        LabelConfig(value="a", name="", colour="red")
    assert not is_bug(caught.value)
    assert explain(caught.value) == "name: this text must not be empty (found '')."
    assert isinstance(as_failure(caught.value), InvalidInputError)


def test_another_error_of_pydantic_is_a_bug():
    from pydantic import BaseModel

    class Foreign(BaseModel):
        a: int

    with pytest.raises(ValidationError) as caught:
        Foreign.model_validate({})
    assert is_bug(caught.value)
