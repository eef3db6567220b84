"""What a command says if a name, a path or a label is not as it should be, and what `simulate` prints."""

from __future__ import annotations

import csv

import numpy as np
import pytest
from astropy.table import Table

from astronomical.cli import main
from astronomical.config.io import read_config


@pytest.fixture
def catalogue(tmp_path):
    """A catalogue of two classes."""
    rng = np.random.default_rng(3)
    side = rng.random(120) < 0.3
    table = Table(
        {"id": [f"s{n:03d}" for n in range(120)], "g_mag": rng.normal(size=120) + side, "r": rng.normal(size=120)}
    )
    table["cls"] = np.where(side, "QSO", "STAR")
    table.write(tmp_path / "c.csv")
    return tmp_path / "c.csv"


@pytest.fixture
def run(capsys):
    def command(*arguments):
        try:
            code = main([str(argument) for argument in arguments])
        except SystemExit as stop:
            code = stop.code
        out, err = capsys.readouterr()
        assert "bug" not in err
        return code, out, err

    return command


@pytest.fixture
def new(run, tmp_path):
    def command(catalogue, *options):
        return run("new", catalogue, "-o", tmp_path / "p.yaml", *options)

    return command


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--id", "ID", "--label", "cls"), "no column 'ID'; did you mean 'id'?"),
        (("--id", "id", "--label", "class"), "no column 'class'; did you mean 'cls'?"),
        (("--id", "id", "--features", "gmag,r"), "no column 'gmag'; did you mean 'g_mag'?"),
        (("--id", "id", "--features", "r", "--combine", "subtract:2:r,G_mag"), "did you mean 'g_mag'?"),
        (("--id", "id", "--label", "cls", "--label-name", "qso=Quasar"), "no label 'qso'; did you mean 'QSO'?"),
        (("--id", "id", "--label", "cls", "--label-name", "Comet=C"), "no label 'Comet'; it has STAR, QSO."),
        (("--id", "id", "--label", "cls", "--combine", "substract:2"), "did you mean 'subtract'?"),
    ],
)
def test_the_name_that_was_probably_meant(new, catalogue, tmp_path, options, message):
    code, _, err = new(catalogue, *options)
    assert code == 2
    assert message in err
    assert not (tmp_path / "p.yaml").exists()


def test_a_single_class_is_refused(new, catalogue, tmp_path):
    code, _, err = new(catalogue, "--id", "id", "--label", "cls", "--label-name", "STAR=All", "--label-name", "QSO=All")
    assert code == 2
    assert "only one class, All. A learner needs at least two." in err
    table = Table.read(catalogue)
    table["cls"] = "STAR"
    table.write(catalogue, overwrite=True)
    assert "only one class, STAR" in new(catalogue, "--id", "id", "--label", "cls")[2]
    table["cls"] = [""] * 120
    table.write(tmp_path / "blank.fits")
    assert "has no known labels" in new(tmp_path / "blank.fits", "--id", "id", "--label", "cls")[2]


def test_a_long_label_is_refused_in_words(new, catalogue):
    table = Table.read(catalogue)
    table["cls"] = np.where(table["cls"] == "QSO", "q" * 250, "STAR")
    table.write(catalogue, overwrite=True)
    code, _, err = new(catalogue, "--id", "id", "--label", "cls")
    assert code == 2
    assert "of 250 characters, and the name of a class can have 200" in err
    assert "--label-name" in err
    assert new(catalogue, "--id", "id", "--label", "cls", "--label-name", f"{'q' * 250}=QSO")[0] == 0


def test_the_reported_long_label(new, shared):
    code, _, err = new(shared / "reported" / "long_label.csv", "--id", "id", "--label", "cls")
    assert code == 2
    assert "the name of a class can have 200" in err
    assert "http" not in err


@pytest.mark.parametrize("address", ["https://example.org/c.fits", "HTTP://example.org/c.csv", "s3://bucket/c.parquet"])
def test_a_web_address_is_no_path(new, address):
    code, _, err = new(address, "--id", "id")
    assert code == 2
    assert address in err, "the address is shown as it was typed"
    assert "Download the file" in err


def test_a_path_as_on_windows(new, catalogue, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "data").mkdir()
    catalogue.rename(tmp_path / "data" / "c.csv")
    code, _, err = new("data\\c.csv", "--id", "id")
    assert code == 2
    assert "folders are separated by /: try data/c.csv." in err
    assert "try" not in new("data\\other.csv", "--id", "id")[2]


def test_a_column_that_is_named_row_gives_no_note_about_row_numbers(new, catalogue):
    table = Table.read(catalogue)
    table.rename_column("id", "row")
    table.write(catalogue, overwrite=True)
    assert "row numbers" not in new(catalogue, "--id", "row")[1]
    table.rename_column("row", "id")
    table.write(catalogue, overwrite=True)
    assert "row numbers" in new(catalogue, "--id", "row", "--overwrite")[1]


def test_spectral_types_are_grouped_by_pattern(new, tmp_path):
    """Thousands of different labels, as in catalogues of stars."""
    types = [f"{letter}{n / 10:.1f}{end}" for letter in "OBAFGKM" for n in range(100) for end in ("V", "III", "Ia")]
    table = Table({"id": [f"s{n}" for n in range(len(types))], "bv": np.random.default_rng(1).normal(size=len(types))})
    table["spt"] = types
    table.write(tmp_path / "stars.fits")
    options = [item for pattern in ("[OB]*=early", "M*=late", "*=other") for item in ("--label-name", pattern)]
    code, out, err = new(tmp_path / "stars.fits", "--id", "id", "--label", "spt", *options)
    assert (code, err) == (0, "")
    assert "classes early, late, other" in out
    meaning = {entry.value: entry.name for entry in read_config(tmp_path / "p.yaml").labels}
    assert len(meaning) == len(types) == 2100
    assert meaning["B0.3V"] == "early"
    assert meaning["M9.9Ia"] == "late"
    assert meaning["G2.0V"] == "other"
    code, _, err = new(tmp_path / "stars.fits", "--id", "id", "--label", "spt", "--overwrite")
    assert code == 2
    assert "2,100 different labels" in err
    assert "'G*'" in err
    code, _, err = new(tmp_path / "stars.fits", "--id", "id", "--label", "spt", "--label-name", "X*=x", "--overwrite")
    assert code == 2
    assert "no label 'X*'" in err


# -- simulate -----------------------------------------------------------------------------------------


@pytest.fixture
def simulate(run, new, tmp_path):
    def command(catalogue, name="QSO", *options):
        assert new(catalogue, "--id", "id", "--label", "cls")[0] == 0
        arguments = ["--labels", "7", "--seeds", "2", "--strategy", "random", "--model", "knn", *options]
        return run("simulate", tmp_path / "p.yaml", "--class", name, *arguments, "-o", tmp_path / "curves.csv")

    return command


def test_accuracy_is_printed_beside_scores_of_rare_classes(simulate, catalogue, tmp_path):
    code, out, err = simulate(catalogue)
    assert (code, err) == (0, "")
    given, line = out.splitlines()
    assert given.startswith(("1 positive given: QSO among the 5 initial labels", "1 to "))
    with (tmp_path / "curves.csv").open() as file:
        ends = [row for row in csv.DictReader(file) if row["n_labels"] == "7"]
    for key, title in (
        ("accuracy", "random: accuracy"),
        ("balanced_accuracy", "balanced accuracy"),
        ("f1", "F1"),
        ("average_precision", "average precision"),
    ):
        values = [float(row[key]) for row in ends]
        assert f"{title} {np.median(values):.4f} ({min(values):.4f} to {max(values):.4f})" in line
    table = Table.read(catalogue)
    share = np.mean(table["cls"] == "QSO")
    printed = float(line.split("prevalence ")[1].split()[0])
    assert abs(printed - share) < 0.02, "the split keeps the fraction of each class"
    assert line.endswith("at 7 labels (2 seeds)")


def test_a_validation_set_without_the_class_is_said(simulate, catalogue):
    """A class of four sources is not split, so all of them are in the training set."""
    table = Table.read(catalogue)
    table["cls"] = np.where(np.arange(120) < 4, "QSO", "STAR")
    table.write(catalogue, overwrite=True)
    code, out, _ = simulate(catalogue)
    assert code == 0
    assert "prevalence 0.0000" in out
    assert "average precision undefined" in out
    assert "warning: The validation set has no source of this class" in out


def test_features_that_were_left_out_are_said(simulate, catalogue):
    table = Table.read(catalogue)
    values = np.full(120, np.nan)
    values[5:7] = 1.0, 2.0  # a constant would be no feature at all
    table["xray"] = values
    table.write(catalogue, overwrite=True)
    code, out, _ = simulate(catalogue)
    assert code == 0
    assert "warning: Feature 'xray' was left out of" in out


def test_a_similar_class_and_strategy_are_suggested(simulate, catalogue, run, tmp_path):
    code, _, err = simulate(catalogue, "qso")
    assert code == 2
    assert "no class 'qso'; did you mean 'QSO'?" in err
    options = ["--class", "QSO", "--labels", "7", "--seeds", "1", "-o", tmp_path / "other.csv"]
    _, _, err = run("simulate", tmp_path / "p.yaml", *options, "--strategy", "uncertainy")
    assert "no strategy named 'uncertainy'; did you mean 'uncertainty'?" in err


def test_a_similar_class_is_suggested_for_the_model_to_export(new, catalogue, run, tmp_path):
    assert new(catalogue, "--id", "id", "--label", "cls")[0] == 0
    code, _, err = run("export", tmp_path / "p.yaml", "model", "--class", "qso", "-o", tmp_path / "m.skops")
    assert code == 2
    assert "no class 'qso'; did you mean 'QSO'?" in err
