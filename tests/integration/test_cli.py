"""The command line as a person at a terminal sees it: exit codes, what is written, and what is said."""

from __future__ import annotations

import csv
import json
import os
import subprocess
import sys

import numpy as np
import pytest
from astropy.io import fits
from astropy.table import Table

import astronomical
from astronomical.cli import main
from astronomical.config.io import read_config, write_config
from astronomical.config.schema import ExtensionConfig, StartConfig
from astronomical.learning.simulate import CURVE_COLUMNS
from astronomical.session import Session
from tests.support.projects import CLASSES, answer, make_project, write_catalogue


@pytest.fixture
def run(capsys):
    """Return a function that runs a command and returns exit code, stdout and stderr."""

    def command(*arguments):
        try:
            code = main([str(argument) for argument in arguments])
        except SystemExit as stop:
            code = stop.code
        out, err = capsys.readouterr()
        if code == 2:
            assert out == ""
            assert 1 <= len(err.splitlines()) <= 5
            assert "Traceback" not in err
        return code, out, err

    return command


@pytest.fixture
def new(run, tmp_path):
    """Return a function that runs `new` and returns exit code, config (or None) and what was said."""

    def command(catalogue, *options, output=tmp_path / "made.yaml"):
        code, out, err = run("new", catalogue, "-o", output, *options)
        return code, read_config(output) if code == 0 else None, out + err

    return command


@pytest.fixture
def small(tmp_path):
    return write_catalogue(tmp_path / "small.fits", n=120)


@pytest.fixture
def path(tmp_path):
    return make_project(tmp_path, n=150)[0]


LABELLED = ("--id", "name", "--label", "label")


# -- new ---------------------------------------------------------------------------------------------


def test_new_makes_a_project_that_opens(new, run, small, tmp_path):
    code, config, said = new(
        small,
        *LABELLED,
        "--label-name",
        "0=Star",
        "--label-name",
        "2=QSO",
        "--features",
        "u,g,r",
        "--combine",
        "subtract:2",
        "--combine",
        "divide:2:g,r",
        "--seed",
        "7",
        "--title",
        "My sky",
    )
    assert (code, said.count("\n")) == (0, 2)
    assert "sources have the label -1, which is read as unknown" in said
    assert "120 sources, classes Star, QSO, 1, 3 feature columns" in said
    assert (config.project.seed, config.project.title) == (7, "My sky")
    assert [(entry.value, entry.name) for entry in config.labels] == [("0", "Star"), ("2", "QSO"), ("1", "1")]
    assert [(c.operation, c.n, c.columns) for c in config.features.combinations] == [
        ("subtract", 2, None),
        ("divide", 2, ("g", "r")),
    ]
    assert config.catalogue.path == "small.fits"
    assert (config.catalogue.position.ra, config.catalogue.position.dec) == ("ra", "dec")
    with Session.open(tmp_path / "made.yaml") as session:
        assert set(session.dataset.features.names) == {"u", "g", "r", "u-g", "u-r", "g-r", "g/r"}
        session.training.start("Star", models=[ExtensionConfig(name="knn")])
        assert session.query() is not None


def test_new_without_features_takes_what_has_no_other_use(new, small):
    assert new(small, *LABELLED)[1].features.columns == ("u", "g", "r", "i")


def test_new_without_labels_makes_a_project_for_labelling(new, small):
    code, config, said = new(small, "--id", "name")
    assert (code, config.class_names) == (0, ())
    assert "classes none" in said


def test_new_finds_the_catalogue_from_another_folder(new, small, tmp_path):
    output = tmp_path / "deep" / "er" / "made.json"
    code, config, _ = new(small, *LABELLED, output=output)
    assert (code, config.catalogue.path) == (0, "../../small.fits")
    assert json.loads(output.read_text())["schema_version"] == 1


@pytest.mark.parametrize("value", ["-99,-9999", "-99", "99", "-9.9e1,1e30"])
def test_numbers_that_mean_missing(new, tmp_path, value):
    table = Table.read(write_catalogue(tmp_path / "holes.fits", n=60))
    table["u"][:5] = float(value.split(",")[0])
    table.write(tmp_path / "holes.fits", overwrite=True)
    code, config, _ = new(tmp_path / "holes.fits", *LABELLED, "--missing", value)
    assert (code, config.catalogue.missing) == (0, tuple(float(part) for part in value.split(",")))
    with Session.open(tmp_path / "made.yaml", read_only=True) as session:
        ids = [str(name) for name in table["name"][:5]]
        values = session.dataset.catalogue.number("u")
        assert np.isnan([values[session.dataset.catalogue.row(id)] for id in ids]).all()


def test_a_negative_label_can_be_named(new, tmp_path):
    table = Table.read(write_catalogue(tmp_path / "negative.csv.fits", n=60, unknown=0))
    table["label"] = np.where(table["label"] == 0, -5, table["label"])
    table.write(tmp_path / "negative.fits")
    code, config, _ = new(tmp_path / "negative.fits", *LABELLED, "--label-name", "-5=Star")
    assert (code, config.labels[0].value, config.labels[0].name) == (0, "-5", "Star")


def test_position_columns_can_be_named(new, tmp_path):
    table = Table.read(write_catalogue(tmp_path / "c.fits", n=60))
    table.rename_columns(["ra", "dec"], ["x1", "x2"])
    table.write(tmp_path / "c.fits", overwrite=True)
    code, _, said = new(tmp_path / "c.fits", "--id", "position")
    assert code == 2
    assert "--ra, --dec" in said
    code, config, _ = new(tmp_path / "c.fits", "--id", "position", "--ra", "x1", "--dec", "x2")
    assert (code, config.catalogue.position.ra) == (0, "x1")
    with Session.open(tmp_path / "made.yaml", read_only=True) as session:
        assert session.dataset.catalogue.id_at(0).startswith("J")


def test_the_table_of_a_file_with_several_is_chosen(new, tmp_path):
    tables = [fits.BinTableHDU(Table({"a": np.arange(n, dtype=float)}), name=f"T{n}") for n in (5, 9)]
    fits.HDUList([fits.PrimaryHDU(), *tables]).writeto(tmp_path / "two.fits")
    code, _, said = new(tmp_path / "two.fits", "--id", "row")
    assert code == 2
    assert "T5" in said
    assert "T9" in said
    for n, (chosen, rows) in enumerate((("T9", 9), ("1", 5))):
        config = new(tmp_path / "two.fits", "--id", "row", "--table", chosen, output=tmp_path / f"{n}.yaml")[1]
        assert config.catalogue.fingerprint.rows == rows


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--id", "nome"), "no column 'nome'"),
        (("--id", "label"), "cannot be the id"),
        (("--id", "name", "--label", "klass"), "no column 'klass'"),
        (("--id", "name", "--features", "u,gg"), "no column 'gg'"),
        ((*LABELLED, "--label-name", "7=Star"), "no label '7'; it has"),
        ((*LABELLED, "--label-name", "Star"), "VALUE=NAME"),
        ((*LABELLED, "--label-name", "0="), "VALUE=NAME"),
        ((*LABELLED, "--combine", "subtract"), "OP:N"),
        ((*LABELLED, "--combine", "subtract:9"), "N from 2 to 5"),
        ((*LABELLED, "--combine", "blend:2"), "no operation 'blend'; the operations are add"),
        ((*LABELLED, "--combine", "subtract:2:u,zz"), "no column 'zz'"),
        ((*LABELLED, "--ra", "ra"), "Give both --ra and --dec, or neither"),
        ((*LABELLED, "--ra", "ra", "--dec", "dek"), "no column 'dek'"),
        ((*LABELLED, "--missing", "-99,none"), "argument --missing: could not convert"),
        ((*LABELLED, "--seed", "-3"), "seed: this must be at least 0"),
        ((*LABELLED, "--seed", "x"), "argument --seed"),
        (("--label", "label"), "required: --id"),
        ((*LABELLED, "--colour", "red"), "unrecognized arguments: --colour"),
    ],
)
def test_new_refuses_in_words_and_writes_nothing(new, small, tmp_path, options, message):
    code, _, said = new(small, *options)
    assert code == 2
    assert message in said
    assert sorted(item.name for item in tmp_path.iterdir()) == ["small.fits"]


def test_new_never_overwrites(new, small, tmp_path):
    (tmp_path / "made.yaml").write_text("precious")
    code, _, said = new(small, *LABELLED)
    assert code == 2
    assert "exists" in said
    assert (tmp_path / "made.yaml").read_text() == "precious"


def test_new_wants_the_name_of_a_config(new, small, tmp_path):
    assert ".yaml, .yml, .json" in new(small, *LABELLED, output=tmp_path / "made.txt")[2]


def test_new_on_what_is_no_catalogue(new, tmp_path):
    fits.PrimaryHDU(np.zeros((8, 8))).writeto(tmp_path / "image.fits")
    (tmp_path / "empty.csv").write_text("")
    (tmp_path / "noise.fits").write_bytes(bytes(range(256)) * 20)
    for name, message in (
        ("absent.csv", "no file"),
        ("", "folder"),
        ("image.fits", "image.fits"),
        ("empty.csv", "empty"),
        ("noise.fits", "noise.fits"),
    ):
        code, _, said = new(tmp_path / name, "--id", "row")
        assert code == 2
        assert message in said


def test_more_classes_than_a_person_labels_are_refused_with_a_hint(new, tmp_path):
    n = 100
    Table({"name": [f"s{i}" for i in range(n)], "u": np.arange(n, dtype=float), "kind": np.arange(n) % 25}).write(
        tmp_path / "kinds.fits"
    )
    code, _, said = new(tmp_path / "kinds.fits", "--id", "name", "--label", "kind")
    assert code == 2
    assert "25 different labels" in said
    assert "--label-name VALUE=NAME" in said
    code, config, _ = new(
        tmp_path / "kinds.fits",
        "--id",
        "name",
        "--label",
        "kind",
        "--label-name",
        "3=A",
        "--label-name",
        "4=B",
        "--label-name",
        "5=B",
    )
    assert (code, config.class_names) == (0, ("A", "B"))


@pytest.mark.catalogues
class TestRealCatalogues:
    def test_an_unusable_id_is_told_and_the_position_works(self, new, run, shared, tmp_path):
        catalogue = shared / "labelled" / "sdss_dr14_10k.csv"
        code, _, said = new(catalogue, "--id", "objid", "--label", "class")
        assert code == 2
        assert "'objid' cannot be the id" in said
        assert "it contains floating-point numbers such as 1240000000000000000" in said
        assert "use the position" in said
        code, config, said = new(
            catalogue,
            "--id",
            "position",
            "--label",
            "class",
            "--features",
            "u,g,r,i,z,redshift",
            "--combine",
            "subtract:2:u,g,r,i,z",
            "--label-name",
            "STAR=Star",
        )
        assert code == 0
        assert "10,000 sources" in said
        assert config.class_names == ("Star", "GALAXY", "QSO")
        assert run("validate", tmp_path / "made.yaml")[0] == 0

    def test_pulsars_by_row(self, new, shared):
        code, config, said = new(
            shared / "labelled" / "HTRU_2.csv",
            "--id",
            "row",
            "--label",
            "class",
            "--label-name",
            "1=Pulsar",
            "--label-name",
            "0=Noise",
        )
        assert (code, config.class_names, len(config.features.columns)) == (0, ("Pulsar", "Noise"), 8)
        assert "row numbers" in said

    def test_eight_classes_of_x_ray_sources_some_of_them_merged(self, new, run, shared, tmp_path):
        catalogue = shared / "labelled" / "muwclass_cscv2_td.csv"
        columns = ("--id", "CSCv2_name", "--label", "True_Class", "--features", "Gmag,BPmag,RPmag,Jmag,W1mag,W2mag")
        assert len(new(catalogue, *columns)[1].class_names) == 8
        merged = tmp_path / "merged.yaml"
        code, config, _ = new(
            catalogue,
            *columns,
            "--label-name",
            "HMXB=XRB",
            "--label-name",
            "LMXB=XRB",
            "--label-name",
            "CV=XRB",
            output=merged,
        )
        assert (code, config.class_names) == (0, ("XRB", "AGN", "YSO", "LM-STAR", "HM-STAR", "NS"))
        with Session.open(merged) as session:
            assert session.dataset.counts["XRB"] == 26 + 65 + 44
            session.training.start("XRB", models=[ExtensionConfig(name="knn")])
            assert session.round("XRB").trained

    def test_an_image_is_no_catalogue(self, new, shared):
        code, _, said = new(shared / "images" / "ukidss__image.fits", "--id", "row")
        assert code == 2
        assert "ukidss__image.fits" in said


# -- validate ----------------------------------------------------------------------------------------


def test_a_valid_project_is_valid(run, path):
    assert run("validate", path) == (0, f"{path}: valid\n", "")
    code, out, _ = run("validate", path, "--json")
    assert (code, json.loads(out)) == (0, {"ok": True, "errors": []})


@pytest.mark.parametrize(
    ("old", "new", "place", "message"),
    [
        ("seed: 0", "seed: many", "project.seed", "a whole number"),
        ("scaling: none", "skaling: none", "features.skaling", "did you mean 'scaling'"),
        ("name: uncertainty", "name: curiosity", "learners.0", "no strategy named 'curiosity'"),
        (
            "name: random_forest\n    parameters: {}",
            "name: random_forest\n    parameters: {n_trees: 9}",
            "learners.0",
            "n_trees",
        ),
        ("path: catalogue.fits", "path: nowhere.fits", "catalogue", "nowhere.fits"),
        ("columns: [u, g, r, i]", "columns: [u, g, r, q]", "catalogue", "no column 'q'"),
        ("rows: 150", "rows: 151", "catalogue.fingerprint", "150 sources instead of 151"),
        ("schema_version: 1", "schema_version: 2", "schema_version", "newer"),
    ],
)
def test_what_is_wrong_is_named(run, path, old, new, place, message):
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))
    code, out, err = run("validate", path)
    assert (code, err) == (1, "")
    assert message in out
    code, out, _ = run("validate", path, "--json")
    report = json.loads(out)
    assert (code, report["ok"]) == (1, False)
    assert all(set(item) == {"path", "value", "message"} for item in report["errors"])
    assert place in [item["path"] for item in report["errors"]]


def test_an_altered_label_is_named(run, path):
    with Session.open(path) as session:
        session.training.start("Star", models=[ExtensionConfig(name="knn")], start=StartConfig(n=4))
        answer(session)
    config = read_config(path)
    changed = config.events[2].model_copy(update={"label": "QSO" if config.events[2].label != "QSO" else "Star"})
    write_config(config.model_copy(update={"events": (*config.events[:2], changed, *config.events[3:])}), path)
    code, out, _ = run("validate", path, "--json")
    (error,) = json.loads(out)["errors"]
    assert (code, error["path"], error["value"]) == (1, "events.2", changed.id)


def test_a_missing_config_is_invalid_in_words(run, tmp_path):
    code, out, _ = run("validate", tmp_path / "none.yaml")
    assert code == 1
    assert "the file does not exist" in out


def test_validate_writes_nothing(run, path):
    before = sorted((item.name, item.stat().st_mtime_ns) for item in path.parent.iterdir())
    run("validate", path)
    assert sorted((item.name, item.stat().st_mtime_ns) for item in path.parent.iterdir()) == before


# -- simulate ----------------------------------------------------------------------------------------


def simulate(run, path, output, *options):
    return run("simulate", path, "--class", "Star", "--model", "knn", "-o", output, *options)


def test_learning_curves_are_written(run, path, tmp_path):
    before = path.read_bytes()
    code, out, err = simulate(
        run,
        path,
        tmp_path / "curves.csv",
        "--labels",
        12,
        "--seeds",
        2,
        "--strategy",
        "uncertainty,random",
        "--plot",
        tmp_path / "curves.png",
    )
    assert (code, err) == (0, "")
    assert [line.split(":")[0] for line in out.splitlines()] == ["2 to 3 positive given", "uncertainty", "random"]
    with (tmp_path / "curves.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert (
        tuple(rows[0])
        == CURVE_COLUMNS
        == (
            "class",
            "strategy",
            "model",
            "seed",
            "n_labels",
            "accuracy",
            "precision",
            "recall",
            "f1",
            "balanced_accuracy",
            "mcc",
            "average_precision",
        )
    )
    assert [(row["strategy"], row["seed"], row["n_labels"]) for row in rows] == [
        (strategy, str(seed), str(n)) for strategy in ("uncertainty", "random") for seed in (0, 1) for n in range(5, 13)
    ]
    assert all(0 <= float(row["accuracy"]) <= 1 for row in rows)
    first = {row["strategy"]: row["accuracy"] for row in rows if (row["seed"], row["n_labels"]) == ("0", "5")}
    assert first["uncertainty"] == first["random"]  # the same starting points
    assert (tmp_path / "curves.png").read_bytes().startswith(b"\x89PNG")
    assert path.read_bytes() == before
    assert sorted(item.name for item in tmp_path.iterdir()) == [
        "catalogue.fits",
        "curves.csv",
        "curves.png",
        "project.yaml",
    ]


def test_curves_are_the_same_every_time(run, path, tmp_path):
    for name in "ab":
        simulate(run, path, tmp_path / f"{name}.csv", "--labels", 9, "--seeds", 2, "--strategy", "random", "--start", 3)
    assert (tmp_path / "a.csv").read_bytes() == (tmp_path / "b.csv").read_bytes()
    assert len((tmp_path / "a.csv").read_text().splitlines()) == 1 + 2 * 7


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--labels", 9, "--seeds", 1, "--strategy", "curiosity"), "no strategy named 'curiosity'"),
        (("--labels", 9, "--seeds", 0, "--strategy", "random"), "at least 1"),
        (("--labels", 3, "--seeds", 1, "--strategy", "random"), "3 labels are fewer than 5 initial labels"),
        (("--labels", 9, "--seeds", 1, "--strategy", "random", "--start", 1), "at least 2"),
        (("--labels", "many", "--seeds", 1, "--strategy", "random"), "at least 2"),
        (("--labels", 9, "--seeds", 1, "--strategy", "random", "--model", "forest"), "no model named 'forest'"),
        (("--labels", 9, "--seeds", 1, "--strategy", "random", "--model", "knn:k"), "name=value"),
        (("--labels", 9, "--seeds", 1, "--strategy", "random", "--class", "Comet"), "no class 'Comet'"),
        (("--labels", 9, "--seeds", 1, "--strategy", "random", "--plot", "curves.doc"), "must end in .png"),
    ],
)
def test_simulate_refuses_in_words_before_any_work(run, path, tmp_path, options, message):
    code, _, err = simulate(run, path, tmp_path / "curves.csv", *options)
    assert code == 2
    assert message in err
    assert not (tmp_path / "curves.csv").exists()


def test_simulate_with_other_models_and_strategies(run, path, tmp_path):
    code, _, err = run(
        "simulate",
        path,
        "--class",
        "Star",
        "--model",
        "gradient_boosting:n_estimators=20",
        "-o",
        tmp_path / "curves.csv",
        "--labels",
        8,
        "--seeds",
        1,
        "--strategy",
        "batch,density,uncertainty",
    )
    assert code == 0, err
    rows = list(csv.DictReader((tmp_path / "curves.csv").read_text().splitlines()))
    assert [row["strategy"] for row in rows] == ["batch"] * 4 + ["density"] * 4 + ["uncertainty"] * 4
    assert {row["model"] for row in rows} == {"gradient_boosting"}
    code, _, err = simulate(run, path, tmp_path / "none.csv", "--labels", 8, "--seeds", 1, "--strategy", "vote_entropy")
    assert code == 2
    assert "needs a committee" in err


def test_simulate_into_a_folder_that_is_missing(run, path, tmp_path):
    output = tmp_path / "no" / "curves.csv"
    code, _, err = simulate(run, path, output, "--labels", 9, "--seeds", 1, "--strategy", "random")
    assert code == 2
    assert "curves.csv" in err


def test_what_was_simulated_before_an_interruption_is_kept(run, path, tmp_path, monkeypatch):
    from astronomical.learning import simulate as module

    fit, calls = module.fit_round, []

    def interrupted(*arguments):
        calls.append(arguments)
        if len(calls) == 4:
            raise KeyboardInterrupt
        return fit(*arguments)

    monkeypatch.setattr(module, "fit_round", interrupted)
    code, _, err = simulate(run, path, tmp_path / "curves.csv", "--labels", 12, "--seeds", 1, "--strategy", "random")
    assert (code, err) == (2, "Interrupted.\n")
    assert len((tmp_path / "curves.csv").read_text().splitlines()) == 1 + 3


def test_a_project_without_catalogue_labels_cannot_be_simulated(run, tmp_path):
    path, _ = make_project(tmp_path, n=60, label=None)
    code, _, err = simulate(run, path, tmp_path / "curves.csv", "--labels", 9, "--seeds", 1, "--strategy", "random")
    assert code == 2
    assert "label" in err


# -- export ------------------------------------------------------------------------------------------


@pytest.fixture
def labelled(path):
    with Session.open(path, who="tester") as session:
        session.training.start("Star", models=[ExtensionConfig(name="knn")], start=StartConfig(n=4))
        for _ in range(3):
            answer(session)
        session.undo()
    return path


@pytest.mark.parametrize("name", ["labels.csv", "labels.fits"])
def test_labels_are_exported(run, labelled, tmp_path, name):
    code, out, err = run("export", labelled, "labels", "-o", tmp_path / name)
    assert (code, err) == (0, "")
    table = Table.read(tmp_path / name)
    assert table.colnames == ["id", "label", "class", "origin", "round", "who", "when", "probable"]
    effective = [e for e in read_config(labelled).events if e.kind == "label"][: len(table)]
    assert out == f"{tmp_path / name}: {len(table)} labels\n"
    assert [str(id) for id in table["id"]] == [event.id for event in effective]
    assert {str(label) for label in table["label"]} <= set(CLASSES.values())


def test_notes_tags_and_flags_are_exported(run, labelled, tmp_path):
    with Session.open(labelled, who="tester") as session:
        id = next(e.id for e in session.ledger.effective if e.kind == "label")
        session.labels.remark(id, note="a tail", tags=["merger"], flag=True)
    code, out, err = run("export", labelled, "remarks", "-o", tmp_path / "notes.csv")
    assert (code, err) == (0, "")
    assert out == f"{tmp_path / 'notes.csv'}: 1 source with a note, a tag or a flag\n"
    assert (tmp_path / "notes.csv").read_text().splitlines()[1:] == [f'"{id}","a tail","merger",true,true']
    for options, more in (((), ["note", "flag", "tag_merger"]), (("--without-remarks",), [])):
        assert run("export", labelled, "labels", "-o", tmp_path / "labels.csv", "--overwrite", *options)[0] == 0
        assert Table.read(tmp_path / "labels.csv").colnames[8:] == more


def test_labels_for_a_spreadsheet_are_no_formulae(run, tmp_path):
    path, _ = make_project(tmp_path, label_names={"0": "=Star", "1": "Galaxy", "2": "QSO"})
    with Session.open(path, who="tester") as session:
        session.training.start("Galaxy", models=[ExtensionConfig(name="knn")], start=StartConfig(n=12))
    for options, name in ((("--for-spreadsheets",), "'=Star"), ((), "=Star")):
        assert run("export", path, "labels", "-o", tmp_path / "labels.csv", "--overwrite", *options)[0] == 0
        assert name in set(Table.read(tmp_path / "labels.csv")["label"])


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("labels", "-o", "labels.txt"), "must end in .fits, .csv, .parquet"),
        (("labels", "-o", "no/such/folder/labels.csv"), "does not exist"),
        (("dreams", "-o", "labels.csv"), "invalid choice: 'dreams'"),
        (("labels",), "required: -o"),
        (("model", "-o", "a.skops", "--without-remarks"), "can only be used to export labels"),
    ],
)
def test_export_refuses_in_words(run, labelled, arguments, message, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    code, _, err = run("export", labelled, *arguments)
    assert code == 2
    assert message in err


# -- all ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "arguments",
    [
        (),
        ("teleport",),
        ("validate",),
        ("reproduce", "a.yaml", "--loud"),
        ("serve", "--port", "http"),
        ("simulate", "a.yaml"),
    ],
)
def test_a_command_that_is_not_understood(run, arguments):
    code, _, err = run(*arguments)
    assert code == 2
    assert err.startswith("astronomical")
    assert "--help" in err


@pytest.mark.parametrize("command", ["new", "validate", "reproduce", "simulate", "export", "serve", ""])
def test_help_is_there(run, command):
    code, out, _ = run(*filter(None, [command]), "--help")
    assert code == 0
    assert f"usage: astronomical {command}".strip() in out


@pytest.mark.parametrize(
    "arguments",
    [
        ("reproduce", "none.yaml"),
        ("export", "none.yaml", "labels", "-o", "a.csv"),
        ("new", "none.fits", "-o", "a.yaml", "--id", "row"),
        (
            "simulate",
            "none.yaml",
            "--class",
            "A",
            "--labels",
            "5",
            "--seeds",
            "1",
            "--strategy",
            "random",
            "-o",
            "a.csv",
        ),
    ],
)
def test_a_traceback_is_shown_on_request_only(arguments, capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert main(arguments) == 2
    plain = capsys.readouterr().err
    assert plain.startswith("astronomical: ")
    assert "none." in plain
    assert main([*arguments, "--debug"]) == 2
    assert "Traceback (most recent call last)" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_serve_reads_the_config_before_it_starts(run, tmp_path):
    (tmp_path / "bad.yaml").write_text("schema_version: 1\nkatalogue: {}")
    code, _, err = run("serve", tmp_path / "bad.yaml", "--no-show")
    assert code == 2
    assert "did you mean 'catalogue'?" in err


def test_serve_passes_its_options_on(run, path, monkeypatch):
    asked = {}
    monkeypatch.setattr(
        "astronomical.dashboard.server.serve.serve", lambda config, **options: asked.update(options) or 0
    )
    assert run("serve", path, "--port", "7001", "--address", "127.0.0.1", "--prefix", "lab", "--no-show")[0] == 0
    assert asked == {
        "port": 7001,
        "address": "127.0.0.1",
        "prefix": "lab",
        "show": False,
        "plugins": [],
        "trust_plugins": False,
        "no_token": False,
    }
    run("serve")
    assert asked == {
        "port": 5006,
        "address": None,
        "prefix": "",
        "show": True,
        "plugins": [],
        "trust_plugins": False,
        "no_token": False,
    }


def test_the_module_runs_without_loading_the_dashboard(path, checkout):
    code = (
        "import sys; from astronomical.cli import main; status = main(['validate', sys.argv[1]]); "
        "loaded = {'panel', 'bokeh', 'holoviews'} & set(sys.modules); sys.exit(9 if loaded else status)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(path)],
        capture_output=True,
        text=True,
        cwd=checkout,
        env=dict(os.environ),
        timeout=120,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    done = subprocess.run(
        [sys.executable, "-m", "astronomical", "validate", "no.yaml", "--json"],
        capture_output=True,
        text=True,
        cwd=checkout,
        timeout=120,
        check=False,
    )
    assert done.returncode == 1
    assert json.loads(done.stdout)["ok"] is False


def test_the_version_is_printed(capsys):
    with pytest.raises(SystemExit) as stopped:
        main(["--version"])
    assert stopped.value.code == 0
    assert capsys.readouterr().out == f"astronomical {astronomical.__version__}\n"


def test_the_list_of_plugins_takes_no_option_that_would_do_nothing(capsys):
    with pytest.raises(SystemExit) as stopped:
        main(["plugins", "--trust-plugins"])
    assert stopped.value.code == 2
    assert "--trust-plugins" in capsys.readouterr().err
