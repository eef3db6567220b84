"""Sentinels, grouping, units, keys and the browser of the wizard."""

from __future__ import annotations

import numpy as np
import pytest
from astropy.table import Table

from astronomical.config.io import read_config
from astronomical.dashboard.ui.file_browser import allowed_folders, list_folder
from astronomical.dashboard.wizard.check_step import summary_of
from astronomical.dashboard.wizard.data_step import table_of_columns
from astronomical.dashboard.wizard.key_fields import KeyFields
from astronomical.setup.create import create_project
from astronomical.setup.input_parsing import groups_of, match_columns
from astronomical.setup.suggestions import missing_shares, possible_missing_codes
from astronomical.setup.table_preview import read_table


def test_a_sentinel_is_proposed_and_never_assumed(write, begin):
    u = np.random.default_rng(0).normal(20, 1, 200)
    u[:9] = -99
    draft = begin(write(u=u))
    draft.features = ("u", "g")
    assert possible_missing_codes(draft) == {-99.0: (("u", 9),)}
    assert draft.missing_text == ""
    assert missing_shares(draft)["u"][1] == 0
    draft.add_missing(-99.0)
    assert draft.missing_text == "-99"
    assert possible_missing_codes(draft) == {}
    assert missing_shares(draft)["u"][1] == pytest.approx(9 / 200)


def test_more_than_twenty_labels_are_picked_and_grouped_by_pattern(write, begin):
    kinds = [f"{'G' if i % 2 else 'S'}{i % 30}" for i in range(200)]
    draft = begin(write(kind=kinds))
    assert draft.must_pick
    assert draft.problems("columns")
    draft.group("Galaxy = G*; Star = S*")
    assert draft.classes.names == ("Galaxy", "Star") or set(draft.classes.names) == {"Galaxy", "Star"}
    assert sum(draft.classes.counts.values()) == 200
    assert draft.problems("columns") == []
    with pytest.raises(ValueError, match="No label matches X"):
        draft.group("Other = X*")
    with pytest.raises(ValueError, match="not valid"):
        groups_of("Galaxy", ["G1"])


def test_columns_are_found_by_regular_expression():
    columns = ("w1", "w2", "w1err", "g")
    assert match_columns("/^w[12]$/, g", columns) == (("w1", "w2", "g"), ())
    assert match_columns("/(/", columns) == ((), ("/(/",))


@pytest.mark.parametrize(
    ("keys", "wrong"),
    [
        ({"Star": "z"}, "has another function"),
        ({"Star": "s", "Galaxy": "s"}, "the key of Star"),
        ({"Star": "S"}, "lower-case"),
    ],
)
def test_keys_that_cannot_be_used_are_refused(write, begin, keys, wrong):
    draft = begin(write())
    draft.keys = keys
    assert any(wrong in problem for problem in draft.problems("learning")), draft.problems("learning")


def test_keys_and_the_curated_test_set_reach_the_project(write, begin, tmp_path):
    draft = begin(write())
    draft.project = str(tmp_path / "new" / "p.yaml")
    draft.features, draft.keys, draft.curated_test = ("u", "g"), {"Star": "s", "Gone": "x"}, True
    draft.optimise_memory = True
    summary = summary_of(draft)
    assert {("Test set", "labelled by you (curated)"), ("Keys", "s for Star"), ("Memory", "optimised")} <= {*summary}
    config = read_config(create_project(draft))
    assert config.curated.use_as_test
    assert config.catalogue.optimise_memory
    assert config.label_keys == {"Galaxy": "1", "Star": "s"}


def test_classes_0_and_1_keep_their_digits_when_they_get_names(write, begin, tmp_path):
    draft = begin(write(kind=np.arange(200) % 2))
    assert draft.classes.are_digits  # the wizard asks what 0 and 1 mean
    draft.classes = draft.classes.renamed({"0": "Non-pulsar", "1": "Pulsar"})
    assert not draft.classes.are_digits
    draft.project, draft.features = str(tmp_path / "new" / "p.yaml"), ("u", "g")
    config = read_config(create_project(draft))
    assert config.label_keys == {"Non-pulsar": "0", "Pulsar": "1"}
    assert config.unsure_keys == ("u",)


def test_a_chosen_key_replaces_the_digits_of_the_values(write, begin):
    draft = begin(write(kind=np.arange(200) % 2))
    draft.classes = draft.classes.renamed({"1": "Pulsar"})
    assert draft.chosen_keys == {"0": "0", "Pulsar": "1"}
    draft.keys = {"Pulsar": "p"}
    assert draft.chosen_keys == {"Pulsar": "p"}


def test_each_class_has_a_field_for_its_key():
    chosen = []
    fields = KeyFields(chosen.append)
    fields.show(("Star", "Galaxy"), {})
    assert [field.helper_text for field in fields.fields.values()] == ["1 by default", "2 by default"]
    fields.fields["Star"].value_input = "S"
    assert chosen == [{"Star": "s"}]
    fields.show(("Star", "Galaxy"), {"Star": "2", "Galaxy": "q"})
    assert fields.fields["Star"].value == "2"
    assert "has another function" in fields.fields["Galaxy"].helper_text


def test_the_browser_stays_in_the_folders_that_are_allowed(tmp_path, monkeypatch):
    inside, outside = tmp_path / "in", tmp_path / "out"
    for folder in (inside / "sub", inside / ".hidden", outside):
        folder.mkdir(parents=True)
    for path in (inside / "a.fits", inside / "b.doc", outside / "secret.fits"):
        path.touch()
    (inside / "link").symlink_to(outside)
    (inside / "link.fits").symlink_to(outside / "secret.fits")
    monkeypatch.setenv("ASTRONOMICAL_FOLDERS", str(inside))
    assert allowed_folders() == (inside,)
    assert [path.name for path in list_folder(inside, allowed_folders(), [".fits"])] == ["sub", "a.fits"]
    assert list_folder(outside, allowed_folders(), [".fits"]) == []
    assert list_folder(inside / ".." / "out", allowed_folders(), [".fits"]) == []


def test_columns_of_images_are_found_by_their_values(write, begin, tmp_path):
    draft = begin(write(stamp=[f"stamps/{i}.JPG" for i in range(200)], page=["https://example.org"] * 200))
    assert draft.image_columns == ("stamp",)
    assert "stamp" not in draft.extra_columns
    draft.project, draft.features = str(tmp_path / "new" / "p.yaml"), ("u",)
    assert read_config(create_project(draft)).catalogue.image_columns == ("stamp",)


def test_the_first_values_of_each_column_are_shown(write, begin, tmp_path):
    u = np.array([np.nan, 18.123456789, 1e-7, *np.full(197, 20.0)])
    draft = begin(write(u=u, n=range(200), note=["", "a very long remark about this source", *["x"] * 198]))
    examples = draft.table.examples
    assert examples["u"] == "18.123456789, 1e-07, 20.0", "as in the text file"
    assert examples["n"] == "0, 1, 2"
    assert examples["kind"] == "Galaxy, Star, Galaxy"
    assert examples["note"] == "a very long remark…, x, x"
    shown = table_of_columns(draft.table.columns, examples).object
    assert "<th>First values</th>" in shown
    assert "a very long remark…" in shown
    Table({"name": ["a", "b"], "u": [1 / 3, np.nan]}).write(tmp_path / "t.fits")
    assert read_table(tmp_path / "t.fits").examples == {"name": "a, b", "u": "0.333333"}
