from __future__ import annotations

import copy

import pytest

from astronomical.config.astronomical_v1 import is_v1, translate
from astronomical.config.errors import ConfigError
from astronomical.config.io import config_from, parse_config
from tests.support.v1 import v1_config


def test_every_key_finds_its_place():
    star = {"classifier": ["KNN"], "query": ["Margin Sampling"], "id": [7, "x"], "y": [0, -1]}
    old = v1_config(extra_image_cols=["png"], classifiers={"0": star})
    before = copy.deepcopy(old)
    translation = translate(old)
    config = config_from(translation.sections)
    assert old == before
    assert config.project.authors == ("Grant Stevens", "Sotiria Fotopoulou")
    assert config.project.doi == "10.21105/joss.03635"
    assert (config.catalogue.path, config.catalogue.id.column) == ("data/catalogue.fits", "name")
    assert config.catalogue.image_columns == ("png",)
    assert (config.catalogue.label, config.catalogue.extra_columns) == ("label", ("ra", "dec"))
    assert [(entry.value, entry.name) for entry in config.labels] == [("0", "Star"), ("1", "Galaxy"), ("2", "QSO")]
    assert [entry.colour for entry in config.labels][:2] == ["#ff0000", "#00FF00"]
    assert config.features.columns == ("u", "g", "r", "i")
    assert [(item.operation, item.n) for item in config.features.combinations] == [("subtract", 2)]
    assert config.features.scaling == "standard"
    assert (config.split.use_unknown, config.split.drop) == (False, ())
    assert [learner.class_name for learner in config.learners] == ["Star", "QSO"]
    star = config.learner("Star")
    assert (star.models[0].name, star.strategy.name, star.started) == ("knn", "margin", True)
    assert not config.learner("QSO").started
    assert translation.labels[0].labels == (("7", 0), ("x", -1))
    assert [pane.kind for pane in config.layout.panes] == ["learning", "source", "basic", "sed", "basic"]
    assert config.layout.panes[2].settings == {"x": "u", "y": "g"}
    assert config.layout.panes[4].settings == {"x": "g-r", "y": "r-i"}
    assert config.layout.axes == ("g-r", "r-i")


def test_every_pane_of_astronomicAL_has_its_own_here():
    contents = ["Active Learning", "Selected Source Info", "Basic Plot", "SED Plot", "BPT Plots", "Mateos 2012 Wedge"]
    layout = {str(n): {"x": 0, "y": 3 * n, "w": 3, "h": 3, "contents": name} for n, name in enumerate(contents)}
    translation = translate(v1_config(layout=layout))
    panes = config_from(translation.sections).layout.panes
    assert [pane.kind for pane in panes] == ["learning", "source", "basic", "sed", "bpt", "mateos"]
    assert not any(name in note for note in translation.notes for name in contents)


def test_panes_keep_their_places_without_overlap():
    panes = config_from(translate(v1_config()).sections).layout.panes
    cells = [(x, y) for pane in panes for x in range(pane.x, pane.x + pane.w) for y in range(pane.y, pane.y + pane.h)]
    assert len(cells) == len(set(cells))
    assert max(y for _, y in cells) >= 11


def test_what_is_lost_is_listed():
    notes = "\n".join(
        translate(
            v1_config(
                test_set_file=True, mood="good", layout={"a": {"x": 0, "y": 0, "w": 3, "h": 3, "contents": "Pie"}}
            )
        ).notes
    )
    for words in ("test_set_file", "'mood'", "'Pie'", "'blue' of QSO"):
        assert words in notes


def test_labels_that_are_not_trained_are_dropped_where_the_config_says_so():
    config = config_from(translate(v1_config(exclude_labels=True)).sections)
    assert config.split.drop == ("Galaxy",)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"id_col": None}, "id_col"),
        ({"dataset_filepath": ""}, "dataset_filepath"),
        ({"layout": []}, "layout"),
        ({"layout": {"0": {"x": -1, "y": 0, "w": 1, "h": 1, "contents": "Menu"}}}, r"layout.0.x"),
        ({"features_for_training": "u"}, "features_for_training"),
        ({"feature_generation": [["substract (a-b)", 2]]}, r"did you mean 'subtract \(a-b\)'"),
        ({"feature_generation": [["add (a+b)", 9]]}, "from 2 to 5"),
        ({"labels_to_train": ["Starr"]}, "did you mean 'Star'"),
        ({"classifiers": {"9": {"classifier": ["KNN"], "query": ["Margin Sampling"]}}}, r"classifiers.9"),
        ({"classifiers": {"0": {"classifier": ["SVM"], "query": ["Margin Sampling"]}}}, "one of KNN"),
        ({"classifiers": {"0": {"classifier": [], "query": []}}}, r"classifiers.0.classifier"),
        ({"classifiers": {"0": {"classifier": ["KNN"], "query": ["x"]}}}, "one of Uncertainty"),
        (
            {"classifiers": {"0": {"classifier": ["KNN"], "query": ["Margin Sampling"], "id": [1], "y": []}}},
            "id has 1 entries and y 0",
        ),
        (
            {"classifiers": {"0": {"classifier": ["KNN"], "query": ["Margin Sampling"], "id": [1], "y": ["a"]}}},
            r"classifiers.0.y",
        ),
    ],
)
def test_what_is_malformed_is_refused_in_words(changes, words):
    with pytest.raises(ConfigError, match=words):
        translate(v1_config(**changes), "old.json")


def test_a_config_of_ours_is_none_and_opening_one_says_what_to_do():
    assert is_v1(v1_config())
    assert not is_v1({"schema_version": 1, "dataset_filepath": "x"})
    with pytest.raises(ConfigError, match="astronomical migrate"):
        parse_config('{"dataset_filepath": "x"}', ".json")
