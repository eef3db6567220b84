"""The answers given in the wizard, without a screen."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest

from astronomical.catalogue.readers.source import ColumnInfo
from astronomical.config.io import read_config
from astronomical.config.schema import PALETTE, CombinationConfig
from astronomical.session import Session
from astronomical.session.project.learned_classes import learned_classes
from astronomical.setup.classes import label_candidates
from astronomical.setup.create import create_project, make_preview, plain_name
from astronomical.setup.default_path import default_project
from astronomical.setup.draft import STEPS, Draft
from astronomical.setup.input_parsing import match_columns, numbers_of, words_of
from astronomical.setup.table_preview import check_ids, read_labels, read_table

PAIRS = CombinationConfig(operation="subtract", n=2)


def recheck(draft: Draft) -> str:
    assert draft.table is not None
    assert draft.id_plan is not None
    draft.check = check_ids(draft.table, draft.id_plan)
    return draft.check.error


def test_an_empty_draft_asks_for_a_catalogue_in_every_step():
    for step in STEPS:
        assert Draft().problems(step)[0] == "Choose a catalogue."
    with pytest.raises(ValueError, match="Choose a catalogue"):
        Draft().choices()


def test_what_is_found_in_a_table_is_the_first_answer(write, begin, home):
    draft = begin(write())
    assert (draft.title, draft.project_path) == ("stars", home / "projects" / "stars" / "stars.yaml")
    assert (draft.id_source, draft.id_column) == ("column", "name")
    assert (draft.position, draft.unit) == (("ra", "dec"), "deg")
    assert draft.extra_columns == ("u", "g", "r", "kind")
    assert draft.problems("data") == draft.problems("columns") == []
    assert draft.problems("learning") == ["Choose at least one column as a feature."]


def test_real_catalogue_without_a_usable_id(shared: Path, home, begin):
    draft = begin(shared / "labelled" / "sdss_dr14_10k.csv", "class")
    assert draft.id_source == "position", "no column has a different value in each row"
    assert draft.likely_label() == "class"
    assert draft.classes.counts == {"GALAXY": 4998, "STAR": 4152, "QSO": 850}
    draft.id_source, draft.id_column = "column", "objid"
    assert draft.problems("columns") == ["The ids are still being checked."]
    recheck(draft)
    (problem,) = draft.problems("columns")
    assert "'objid' cannot be the id: it contains floating-point numbers such as 1240000000000000000" in problem
    assert "use the position or the row number as the id" in problem
    draft.id_source = "position"
    assert recheck(draft) == ""
    draft.features, draft.combinations = ("u", "g", "r", "i", "z"), (PAIRS,)
    assert draft.problems("create") == []
    assert draft.n_features == 15
    preview = make_preview(draft)
    assert (preview.n_rows, preview.n_unknown, preview.n_features) == (10_000, 0, 15)
    assert preview.missing == dict.fromkeys("ugriz", 0)
    assert preview.points is not None
    assert (preview.points.x_name, preview.points.y_name) == draft.first_axes
    assert {preview.points.x_name, preview.points.y_name} <= set(draft.feature_names())
    assert len(preview.points.x) == 5000
    with Session.open(create_project(draft)) as session:
        assert session.dataset.catalogue.ids_at([0]) == ("J003256.42+144214.4",)
        assert len(session.dataset.features.names) == 15
        assert [learner.class_name for learner in session.config.learners] == ["GALAXY", "STAR", "QSO"]


def test_another_table_forgets_the_answers_but_not_a_title_of_ones_own(write, begin):
    draft = begin(write())
    draft.title, draft.features = "My title", ("u", "g")
    other = write("others.csv")
    draft.use_table(read_table(other))
    assert (draft.title, draft.features, draft.project_path.name) == ("My title", (), "others.yaml")


def test_the_same_table_read_again_keeps_the_answers(write, begin):
    path = write()
    draft = begin(path)
    draft.features, draft.id_source = ("u",), "row"
    draft.use_table(read_table(path))
    assert (draft.features, draft.id_source) == (("u",), "row")


def test_project_file(write, begin, tmp_path):
    draft = begin(write())
    draft.project = str(tmp_path / "a" / "b.txt")
    assert "must end in one of .yaml" in draft.problems("data")[0]
    draft.project = str(tmp_path / "stars.csv" / "b.yaml")
    assert "is a file, not a folder" in draft.problems("data")[0]
    (tmp_path / "there.yaml").write_text("x: 1")
    draft.project = str(tmp_path / "there.yaml")
    assert "already exists" in draft.problems("data")[0]
    draft.project = "  "
    assert draft.problems("data") == ["Choose where to save the project file."]


def test_the_proposed_project_is_never_one_that_exists(home):
    first = default_project("stars")
    first.parent.mkdir(parents=True)
    first.touch()
    assert default_project("stars").parent.name == "stars-2"


def test_position(write, begin):
    draft = begin(write(ra=np.linspace(0, 23.9, 200)))
    assert draft.unit is None
    assert any("in degrees, hours or radians" in text for text in draft.problems("columns"))
    assert draft.id_plan is None, "positions are not read before it is known what they mean"
    draft.unit = "hourangle"
    assert recheck(draft) == ""
    assert draft.check.catalogue.position[0].max() == pytest.approx(23.9 * 15)
    draft.set_position(("ra", None))
    assert any("Choose both" in text for text in draft.problems("columns"))
    draft.set_position(("ra", "ra"))
    assert any("same column" in text for text in draft.problems("columns"))
    draft.set_position(("u", "kind"))
    draft.unit = "deg"
    recheck(draft)
    assert [issue.field for issue in draft.issues("columns")] == ["position"]
    draft.set_position((None, None))
    assert draft.problems("columns") == ["The ids are still being checked."]
    draft.id_source = "position"
    assert any("To make ids from the position" in text for text in draft.problems("columns"))


def test_no_position_is_none_even_where_columns_look_like_one(write, begin):
    draft = begin(write())
    draft.set_position((None, None))
    recheck(draft)
    draft.features = ("u",)
    assert read_config(create_project(draft)).catalogue.position is None


def test_missing_values(write, begin):
    u = np.full(200, 20.0)
    u[:7] = -99
    u[7] = -999
    draft = begin(write(u=u))
    draft.features = ("u", "g")
    draft.missing_text = "-99; -999"
    assert any("is not a number" in text for text in draft.problems("columns"))
    draft.missing_text = "-99, -999, inf"
    assert draft.problems("columns") == ["The ids are still being checked."]
    recheck(draft)
    assert make_preview(draft).missing == {"u": 8, "g": 0}
    assert read_config(create_project(draft)).catalogue.missing == (-99.0, -999.0)


def test_classes_can_be_renamed_merged_and_coloured(write, begin):
    kinds = (["a"] * 100) + (["b"] * 60) + (["c"] * 30) + (["?"] * 10)
    draft = begin(write(kind=kinds))
    draft.unknown_text = "?"
    draft.refresh_classes()
    assert draft.classes.counts == {"a": 100, "b": 60, "c": 30}
    draft.classes = draft.classes.changed("b", name=" a ").changed("a", colour="#123456")
    assert draft.classes.names == ("a", "c")
    assert draft.classes.merged() == {"a": ["a", "b"]}
    draft.features = ("u", "g")
    assert (draft.problems("columns"), make_preview(draft).counts) == ([], {"a": 160, "c": 30})
    assert make_preview(draft).n_unknown == 10
    config = read_config(create_project(draft))
    assert (config.class_names, config.colours["a"]) == (("a", "c"), "#123456")
    assert config.catalogue.unknown_labels == ("?",)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"name": ""}, "has no name"),
        ({"colour": "red"}, "not a valid colour"),
        ({"name": "Galaxy"}, "only one class"),
    ],
)
def test_a_wrong_class_is_said(write, begin, change, said):
    draft = begin(write())
    draft.classes = draft.classes.changed("Star", **change)
    (problem,) = draft.problems("columns")
    assert said in problem


def test_names_and_colours_survive_a_change_of_the_unknown_labels(write, begin):
    draft = begin(write(kind=["a", "b", "c", "d"] * 50))
    draft.classes = draft.classes.changed("b", name="Bee", colour="#abcdef")
    draft.unknown_text = "a"
    draft.refresh_classes()
    assert draft.classes.names == ("Bee", "c", "d")
    assert draft.classes.colours["Bee"] == "#abcdef"
    draft.unknown_text = ""
    draft.refresh_classes()
    assert len(set(draft.classes.colours.values())) == 4
    assert PALETTE[0] in draft.classes.colours.values()


def test_many_labels_have_to_be_picked(write, begin):
    draft = begin(write(kind=[f"type{i % 25}" for i in range(200)]))
    assert draft.must_pick
    assert any("Select those to use" in text for text in draft.problems("columns"))
    draft.picked = ("type3", "type7")
    draft.refresh_classes()
    draft.features = ("u", "g")
    assert draft.problems("create") == []
    assert make_preview(draft).counts == {"type3": 8, "type7": 8}
    assert read_config(create_project(draft)).class_names == ("type3", "type7")


def test_labels_that_are_not_picked_are_unknown_or_one_class_or_excluded(write, begin):
    draft = begin(write(kind=[f"type{i % 25}" for i in range(200)]))
    draft.picked, draft.rest = ("type3", "type7"), "class"
    draft.refresh_classes()
    assert draft.classes.counts == {"type3": 8, "type7": 8, "Other": 184}
    assert len(set(draft.classes.colours.values())) == 3
    draft.picked = ("type3", "type7", "type9")
    draft.refresh_classes()
    assert draft.classes.counts == {"type3": 8, "type7": 8, "type9": 8, "Other": 176}
    draft.features = ("u", "g")
    assert make_preview(draft).n_unknown == 0
    path = create_project(draft)
    with Session.open(path) as session:
        assert session.dataset.counts == {"type3": 8, "type7": 8, "type9": 8, "Other": 176}
        assert [item.class_name for item in session.state.config.learners] == ["type3", "type7", "type9", "Other"]

    draft.rest, draft.project = "excluded", str(path.with_name("excluded.yaml"))
    draft.refresh_classes()
    assert draft.problems("create") == []
    with Session.open(create_project(draft)) as session:
        assert session.state.config.split.drop == ("Other",)
        assert "Other" not in session.training.without_learner()

    draft.rest, draft.project = "unknown", str(path.with_name("unknown.yaml"))
    draft.refresh_classes()
    assert draft.classes.counts == {"type3": 8, "type7": 8, "type9": 8}
    assert make_preview(draft).n_unknown == 176


def test_of_one_class_and_the_others_only_the_class_has_a_learner(write, begin):
    draft = begin(write(kind=[f"type{i % 25}" for i in range(200)]))
    draft.picked, draft.rest = ("type3",), "class"
    draft.refresh_classes()
    assert draft.trained == ("type3",)


@pytest.mark.parametrize(
    ("names", "counts", "learned"),
    [
        (("Star", "Galaxy", "QSO"), {}, ("Star", "Galaxy", "QSO")),
        (("0", "1"), {"0": 16259, "1": 1639}, ("1",)),
        (("0", "1"), {}, ("1",)),
        (("Star", "Galaxy"), {"Star": 5, "Galaxy": 9}, ("Star",)),
        (("Other", "QSO"), {"Other": 5, "QSO": 9}, ("QSO",)),
        (("Pulsar", "Non-pulsar"), {"Pulsar": 9, "Non-pulsar": 5}, ("Pulsar",)),
        (("QSO", "rest"), {}, ("QSO",)),
        (("A", "B"), {}, ("A",)),
        (("A",), {}, ("A",)),
    ],
)
def test_one_of_two_classes_is_learned_by_default(names, counts, learned):
    assert learned_classes(names, counts) == learned


def test_a_column_of_measurements_is_no_label(write, begin):
    draft = begin(write(wild=[f"v{i}" for i in range(200)]), "wild")
    draft.picked = ()
    assert "Select those to use" in draft.problems("columns")[0]
    draft.set_labels(read_labels(draft.table, "kind"))
    assert draft.problems("columns") == []


def test_without_a_label_column_the_classes_are_typed(write, begin):
    draft = begin(write(), None)
    assert any("Enter at least two classes" in text for text in draft.problems("columns"))
    draft.names_text = "Star, Galaxy, Star"
    draft.refresh_classes()
    assert draft.problems("columns") == []
    draft.features = ("u", "g")
    preview = make_preview(draft)
    assert (preview.counts, preview.n_unknown) == ({"Star": 0, "Galaxy": 0}, 200)
    assert "no known labels" in preview.warnings[0]
    config = read_config(create_project(draft))
    assert (config.catalogue.label, config.class_names) == (None, ("Star", "Galaxy"))


def test_what_is_trained_and_what_is_left_out(write, begin):
    draft = begin(write(kind=["a", "b", "c", "d"] * 50))
    draft.features = ("u", "g")
    draft.dropped = ("d",)
    assert draft.problems("learning") == ["'d' cannot be both trained and excluded."]
    draft.train = ("a", "b")
    assert draft.problems("learning") == []
    draft.train = ()
    assert draft.problems("learning") == ["Choose at least one class to train."]
    draft.train, draft.dropped = ("a",), ("b", "c", "d")
    assert draft.problems("learning") == ["Keep at least two classes."]
    draft.train, draft.dropped, draft.use_unknown = ("a",), ("c", "d"), False
    config = read_config(create_project(draft))
    assert [learner.class_name for learner in config.learners] == ["a"]
    assert (config.split.drop, config.split.use_unknown) == (("c", "d"), False)


def test_the_number_of_features_is_known_before_any_is_made(write, begin):
    draft = begin(write())
    draft.features, draft.combinations = ("u", "g", "r"), (PAIRS, CombinationConfig(operation="add", n=3))
    assert draft.n_features == 3 + 3 + 1
    assert draft.feature_names() == ("u-g", "u-r", "g-r", "u+g+r", "u", "g", "r")
    draft.combinations = (CombinationConfig(operation="add", n=4),)
    assert draft.problems("learning") == ["Combination 1 needs 4 columns, but only 3 are chosen."]
    assert draft.feature_names() == draft.features, "nothing of four columns can be made of three"


def test_too_many_features_are_refused(write, begin):
    draft = begin(write(**{f"m{i}": np.arange(200.0) for i in range(30)}))
    draft.features, draft.combinations = tuple(f"m{i}" for i in range(30)), (CombinationConfig(operation="add", n=4),)
    assert "exceed the limit of 2,000" in draft.problems("learning")[0]


def test_axes_must_exist(write, begin):
    draft = begin(write())
    draft.features, draft.combinations = ("u", "g", "r"), (PAIRS,)
    draft.axes = ("u-g", None)
    assert draft.problems("learning") == ["Choose both axes of the first plot, or neither."]
    draft.axes = ("u-g", "g-r")
    assert read_config(create_project(draft)).layout.axes == ("u-g", "g-r")
    draft.project = str(draft.project_path.with_name("other.yaml"))
    draft.combinations = ()
    assert draft.problems("learning") == ["Feature or column 'u-g' no longer exists. Choose another axis."]


def test_small_classes_and_empty_columns_are_warned_of(write, begin):
    draft = begin(write(kind=["a"] * 197 + ["b"] * 3, empty=[-1.5] * 200))
    draft.missing_text, draft.features = "-1.5", ("u", "empty")
    recheck(draft)
    warnings = " ".join(make_preview(draft).warnings)
    assert "b has only 3 known sources" in warnings
    assert "empty has no values" in warnings


def test_an_upload_is_moved_beside_the_project(write, begin, tmp_path):
    folder = tmp_path / "temporary"
    folder.mkdir()
    path = folder / "stars.csv"
    shutil.move(write(), path)
    draft = begin(path)
    draft.uploaded, draft.features = True, ("u", "g")
    project = create_project(draft)
    shutil.rmtree(folder)
    assert read_config(project).catalogue.path == "stars.csv"
    with Session.open(project) as session:
        assert session.dataset.catalogue.n_rows == 200


def test_nothing_stays_behind_when_an_upload_cannot_be_used(write, begin, tmp_path, monkeypatch):
    draft = begin(write())
    draft.uploaded, draft.features = True, ("u", "g")

    def fail(*_: object, **__: object) -> None:
        raise ValueError("no")

    monkeypatch.setattr("astronomical.setup.create.new_project", fail)
    with pytest.raises(ValueError, match="no"):
        create_project(draft)
    assert list(draft.project_path.parent.iterdir()) == []


def test_typed_lists():
    assert words_of(" a, b,,a ,c") == ("a", "b", "c")
    assert numbers_of("-99, 1e3,inf,nan") == (-99.0, 1000.0)
    columns = ("u", "g", "umag", "gmag", "Class", "E(B-V)")
    assert match_columns("g,u", columns) == (("g", "u"), ())
    assert match_columns("*mag, class", columns) == (("umag", "gmag", "Class"), ())
    assert match_columns("E(B-V),q,z*", columns) == (("E(B-V)",), ("q", "z*"))


@pytest.mark.parametrize(
    ("given", "name"),
    [
        ("a.csv", "a.csv"),
        ("../../etc/passwd", "passwd"),
        ("C:\\data\\x.fits", "x.fits"),
        ("..", "d"),
        ("", "d"),
        (".hidden", "hidden"),
    ],
)
def test_names_of_uploads_lead_nowhere(given, name):
    assert plain_name(given, "d") == name


def test_times_that_differ_in_double_precision_only_are_no_copies(write, begin):
    rng = np.random.default_rng(5)
    start = 2_459_000 + rng.uniform(0, 1, 200)
    draft = begin(write(ra=None, dec=None, start=start, end=start + rng.uniform(0, 0.2, 200)))
    draft.features, draft.combinations = ("end", "start"), (PAIRS,)
    assert not any("in the training set" in text for text in make_preview(draft).warnings)


@pytest.mark.parametrize("name", ["cls", "species", "CLASS", "objType", "true_label", "category"])
def test_a_label_column_is_found_by_its_name(name):
    columns = [ColumnInfo("u", "float"), ColumnInfo("subspecies_count", "integer"), ColumnInfo(name, "text")]
    assert label_candidates(columns, {}) == (name,)


def test_a_column_whose_name_ends_in_class_holds_labels_if_it_has_few_values(write, begin):
    catalogue = write(
        kind=None,
        bptclass=np.arange(200) % 4,
        plateclass=np.arange(200),
        onetype=np.zeros(200, int),
        sdsstype=["a"] * 199 + ["b"],
    )
    draft = begin(catalogue, None)
    assert draft.label_candidates() == ("bptclass", "sdsstype")
    assert draft.likely_label() == "bptclass"
    named = begin(write("named.csv", bptclass=np.arange(200) % 4, label=np.arange(200) % 2), None)
    assert named.label_candidates() == ("label", "bptclass"), "a whole word says more"
