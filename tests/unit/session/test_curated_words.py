from __future__ import annotations

from astronomical.config.schema import CriterionConfig
from astronomical.session.curating import CuratedTest, criterion_text


def test_what_is_left_out_is_said_with_its_number():
    test = CuratedTest({"a": "Star"}, unsure=("b", "c"), trained=("d",))
    assert test.left_out == ("2 unsure", "1 trained on by a learner, so that testing on it would flatter it")
    assert CuratedTest({}).left_out == ()


def test_criteria_in_words():
    assert [criterion_text(item) for item in (
        CriterionConfig(column="r", operator="between", value=17, high=18),
        CriterionConfig(column="r", operator="not missing"),
        CriterionConfig(about="flag", operator="missing"),
        CriterionConfig(about="tag", operator="is", value="dust"),
    )] == ["r between 17 and 18.0", "r is not missing", "not flagged", "a tag is dust"]
