from __future__ import annotations

from astronomical.config.schema import CriterionConfig
from astronomical.session.labelling.criteria import criterion_text
from astronomical.session.labelling.curated_set import CuratedTestSet


def test_what_is_left_out_is_said_with_its_number():
    test = CuratedTestSet({"a": "Star"}, unsure=("b", "c"), trained=("d",))
    assert test.left_out == (
        "2 unsure",
        "1 in the training set of a learner, so testing on it would overestimate its scores",
    )
    assert CuratedTestSet({}).left_out == ()


def test_criteria_in_words():
    assert [
        criterion_text(item)
        for item in (
            CriterionConfig(column="r", operator="between", value=17, high=18),
            CriterionConfig(column="r", operator="not missing"),
            CriterionConfig(about="flag", operator="missing"),
            CriterionConfig(about="tag", operator="is", value="dust"),
        )
    ] == ["r between 17 and 18.0", "r is not missing", "not flagged", "a tag is dust"]
