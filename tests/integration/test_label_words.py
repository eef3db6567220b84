"""Words for missing labels, -1 as a class, and labels that look alike: as a command and in the wizard."""

from __future__ import annotations

from pathlib import Path

import pytest

from astronomical.catalogue.catalogue import Catalogue
from astronomical.catalogue.labels import alike, means_unknown
from astronomical.cli.entry import main
from astronomical.config.io import read_config
from astronomical.session.data.catalogue_values import label_codes
from astronomical.setup.draft import Draft
from astronomical.setup.table_preview import read_labels, read_table

WORDS = ("null", "None", "N/A", "--", "?", "unknown", "INDEF", "masked")


@pytest.fixture
def catalogue(tmp_path: Path):
    def write(*labels: str) -> Path:
        path = tmp_path / "c.csv"
        rows = [f"s{n},{n % 7}.5,{n % 5}.25,{labels[n % len(labels)]}\n" for n in range(20 * len(labels))]
        path.write_text("id,g,r,cls\n" + "".join(rows), encoding="utf-8")
        return path

    return write


def new(path: Path, *words: str) -> int:
    options = ["--id", "id", "--label", "cls", "--overwrite", "-o", str(path.with_name("p.yaml"))]
    return main(["new", str(path), *options, *words])


def classes_of(path: Path) -> dict[str, int]:
    config = read_config(path.with_name("p.yaml"))
    codes = label_codes(config, Catalogue.open(path, id_source="column", id_column="id"))
    return {name: int((codes == code).sum()) for code, name in enumerate(config.class_names)}


def draft_of(path: Path) -> Draft:
    draft = Draft()
    table = read_table(path)
    draft.use_table(table)
    draft.set_labels(read_labels(table, "cls"))
    return draft


def test_words_for_missing_are_unknown_labels(catalogue, capsys):
    path = catalogue("STAR", "GAL", *WORDS)
    assert new(path) == 0
    assert classes_of(path) == {"GAL": 20, "STAR": 20}
    assert "read as unknown: '--' (20), '?' (20)" in capsys.readouterr().out
    assert main(["validate", str(path.with_name("p.yaml"))]) == 0
    assert set(draft_of(path).classes.names) == {"GAL", "STAR"}


def test_such_a_word_can_be_a_class_when_it_is_named(catalogue):
    path = catalogue("STAR", "GAL", "unknown", "--")
    assert new(path, "--label-name", "unknown=Unsure") == 0
    assert classes_of(path) == {"Unsure": 20, "GAL": 20, "STAR": 20}
    draft = draft_of(path)
    assert draft.unknown_text == "--, unknown"
    draft.unknown_text = "--"
    draft.refresh_classes()
    assert set(draft.classes.names) == {"unknown", "GAL", "STAR"}


def test_other_labels_can_be_declared_unknown(catalogue):
    path = catalogue("STAR", "GAL", "BAD", "UGLY")
    assert new(path, "--unknown", "BAD,UGLY") == 0
    assert classes_of(path) == {"GAL": 20, "STAR": 20}


def test_minus_one_can_be_a_class_when_it_is_named(catalogue, capsys):
    path = catalogue("-1", "1", "0")
    assert new(path) == 0
    assert classes_of(path) == {"0": 20, "1": 20}
    assert "20 sources have the label -1, which is read as unknown" in capsys.readouterr().out
    assert new(path, "--label-name", "-1=STAR") == 0
    assert classes_of(path) == {"STAR": 20, "0": 20, "1": 20}
    assert "which is read as unknown" not in capsys.readouterr().out
    assert main(["validate", str(path.with_name("p.yaml"))]) == 0
    draft = draft_of(path)
    assert (draft.unknown_text, set(draft.classes.names)) == ("-1", {"0", "1"})
    draft.unknown_text = ""
    draft.refresh_classes()
    assert set(draft.classes.names) == {"-1", "0", "1"}


def test_minus_one_beside_one_class_says_how_to_name_it(catalogue, capsys):
    assert new(catalogue("-1", "1")) == 2
    assert "only one class, 1. The label -1 of 20 sources is read as unknown" in capsys.readouterr().err


ALIKE = ("Galaxy", "galaxy", "\u00c9toile", "E\u0301toile", "\u00e9toile", "Ga\u200blaxy", "QSO  1", "qso 1", "Other")


def test_labels_that_look_alike_are_pointed_out_and_merged_on_request(catalogue, capsys):
    path = catalogue(*ALIKE)
    assert new(path) == 0
    assert len(classes_of(path)) == len(ALIKE)
    assert capsys.readouterr().out.count("look alike, but are different classes") == 3
    assert new(path, "--merge-alike") == 0
    assert sorted(classes_of(path).values()) == [20, 40, 60, 60]
    assert "look alike" not in capsys.readouterr().out
    draft = draft_of(path)
    assert len(draft.classes.alike) == 3
    draft.classes = draft.classes.with_alike_merged()
    assert (len(draft.classes.names), draft.classes.alike) == (4, ())


def test_a_named_label_takes_those_that_look_like_it(catalogue):
    path = catalogue("Star", "STAR", "GAL")
    assert new(path, "--merge-alike", "--label-name", "STAR=Stern") == 0
    assert classes_of(path) == {"Stern": 40, "GAL": 20}


def test_what_looks_alike():
    assert alike(["a", "b"]) == ()
    assert alike(["A", "b", "a", "a\u200b"]) == (("A", "a", "a\u200b"),)
    assert [means_unknown(label) for label in (" NULL ", "-1", "nullified")] == [True, True, False]


def test_reported_labels(shared: Path, tmp_path: Path, capsys):
    def run(name: str, *words: str) -> str:
        options = ["--id", "id", "--label", "cls", "--overwrite", "-o", str(tmp_path / "p.yaml")]
        assert main(["new", str(shared / "reported" / name), *options, *words]) == 0
        return capsys.readouterr().out

    assert "classes GAL, STAR," in run("missing_words.csv")
    assert "classes STAR, 1," in run("plus_minus_one.csv", "--label-name", "-1=STAR")
    assert "look alike" in run("label_case.csv")
    assert "classes Galaxy, STAR," in run("label_case.csv", "--merge-alike")
    assert "Column 'g' is not read as numbers: it contains limits, '>23.5' in row 261" in run("limit.csv")
