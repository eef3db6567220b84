"""Values that a page may send and that make no valid section are a mistake of the user, with words for it."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from astronomical.dashboard.panes.learner.criteria import CriteriaForm
from astronomical.dashboard.wizard.join_card import JoinCard
from astronomical.errors import InvalidInputError
from astronomical.setup.draft import Draft


def test_a_condition_that_is_not_valid_is_said_in_the_form():
    changes = []
    form = CriteriaForm(changes.append)
    form._handle_msg({"criteria": [{"about": "column", "column": "g", "operator": "<>", "value": 3}]})
    assert changes == []
    assert form.count["kind"] == "error"
    assert form.count["text"].startswith("The condition: operator: this must be '<'")
    form._handle_msg({"criteria": [{"about": "column", "column": "g", "operator": "<", "value": 3}]})
    assert [item.operator for item in changes[0]] == ["<"]


def test_columns_to_add_that_are_not_valid_are_said(tmp_path):
    card = JoinCard(SimpleNamespace(draft=Draft()))
    card.suffix.value = "x" * 20_000
    other = SimpleNamespace(path=tmp_path / "c.csv", name=None, format="csv")
    with pytest.raises(InvalidInputError, match="The columns to add: suffix: this text is longer than"):
        card._join(other)
