"""`predict` on tables that are not the catalogue of the project: it needs what the model needs, and no more."""

from __future__ import annotations

import shutil

import numpy as np
import pytest
from astropy.table import Table, vstack

from astronomical.cli import main
from astronomical.config.schema import ExtensionConfig
from astronomical.session import Session
from tests.support.projects import answer, make_project

FEATURES = ["u", "g", "r", "i"]


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A folder with a catalogue, and a model whose ids are a column."""
    folder = tmp_path_factory.mktemp("made")
    path, _ = make_project(folder, n=120)
    with Session.open(path) as session:
        session.training.start("Star", models=[ExtensionConfig(name="knn")])
        answer(session)
        session.save()
    assert main(["export", str(path), "model", "-o", str(folder / "m.skops")]) == 0
    assert main(["predict", str(folder / "m.skops"), str(folder / "catalogue.fits"), "-o", str(folder / "p.fits")]) == 0
    return folder


@pytest.fixture
def predict(made, tmp_path, capsys):
    """Return a function that predicts a table, and returns the exit code, the output table and what was said."""

    def run(table: Table, *options: str):
        source, output = tmp_path / "table.fits", tmp_path / "out.fits"
        table.write(source)
        code = main(["predict", str(made / "m.skops"), str(source), "-o", str(output), *options])
        said = capsys.readouterr()
        return code, Table.read(output) if code == 0 else None, said.out + said.err

    return run


def in_order_of_catalogue(made):
    """Return the catalogue, and the probability of each of its rows."""
    table, known = Table.read(made / "catalogue.fits"), Table.read(made / "p.fits")
    by_id = dict(zip(known["id"].tolist(), known["p_Star"].tolist(), strict=True))
    return table, np.array([by_id[name] for name in table["name"].tolist()])


def test_a_table_of_features_alone_with_row_numbers(made, predict):
    table, expected = in_order_of_catalogue(made)
    code, found, _ = predict(table[FEATURES], "--id", "row")
    assert code == 0
    assert found["id"].tolist() == [str(n) for n in range(1, 121)], "rows are in the order of the file"
    np.testing.assert_array_equal(found["p_Star"], expected)


def test_without_the_id_column_it_says_what_to_do(made, predict):
    table, _ = in_order_of_catalogue(made)
    code, _, said = predict(table[FEATURES])
    assert code == 2
    assert "no column 'name'" in said
    assert "--id row" in said


def test_another_column_is_the_id(made, predict):
    table, expected = in_order_of_catalogue(made)
    table.rename_column("name", "objid")
    code, found, _ = predict(table, "--id", "objid")
    assert code == 0
    by_id = dict(zip(found["id"].tolist(), found["p_Star"].tolist(), strict=True))
    assert [by_id[name] for name in table["objid"].tolist()] == expected.tolist()


def test_a_similar_name_is_suggested(made, predict):
    table, _ = in_order_of_catalogue(made)
    code, _, said = predict(table, "--id", "Name")
    assert code == 2
    assert "did you mean 'name'?" in said


def test_a_similar_name_of_a_feature_is_suggested(made, predict):
    table, _ = in_order_of_catalogue(made)
    table.rename_column(FEATURES[0], FEATURES[0].upper() + "_")
    code, _, said = predict(table)
    assert code == 2
    assert f"has no such column; did you mean '{FEATURES[0].upper()}_'?" in said


def test_repeated_ids_keep_the_order_of_the_file(made, predict):
    table, expected = in_order_of_catalogue(made)
    code, found, _ = predict(vstack([table, table[:5]]))
    assert code == 0
    assert found["id"].tolist() == [*table["name"].tolist(), *table["name"][:5].tolist()]
    np.testing.assert_array_equal(found["p_Star"], [*expected, *expected[:5]])


def test_a_missing_id_is_refused_with_what_to_do(made, predict):
    table, _ = in_order_of_catalogue(made)
    table["name"][3] = ""
    code, _, said = predict(table)
    assert code == 2
    assert "--id row" in said


def test_positions_are_not_read(made, predict):
    table, _ = in_order_of_catalogue(made)
    table["dec"][0] = 1234.5  # no declination
    assert predict(table)[0] == 0
    table.remove_columns(["ra", "dec"])


def test_a_column_of_the_name_row_is_a_column(made, predict):
    table, _ = in_order_of_catalogue(made)
    table["row"] = [f"r{n}" for n in range(120)]
    assert set(predict(table, "--id", "row")[1]["id"].tolist()) == set(table["row"].tolist())


def test_ids_from_the_position_are_needed_only_without_another_choice(tmp_path, capsys):
    path, _ = make_project(tmp_path, n=90, id="position")
    with Session.open(path) as session:
        session.training.start("Star", models=[ExtensionConfig(name="knn")])
        answer(session)
        session.save()
    model, bare, output = (str(tmp_path / name) for name in ("m.skops", "bare.csv", "out.csv"))
    assert main(["export", str(path), "model", "-o", model]) == 0
    Table.read(tmp_path / "catalogue.fits")[FEATURES].write(bare)
    assert main(["predict", model, bare, "-o", output]) == 2
    assert "no column 'ra'" in capsys.readouterr().err
    assert main(["predict", model, bare, "-o", output, "--id", "row"]) == 0


# -- a feature that no labelled source has a value of -------------------------------------------------


@pytest.fixture
def sparse(tmp_path):
    """A project with a column that has values for five sources, none of them labelled, and its rounds."""
    catalogue = tmp_path / "sparse.csv"
    rng = np.random.default_rng(5)
    side = rng.random(150) < 0.5
    xray = np.full(150, np.nan)
    table = Table({"id": [f"s{n:04d}" for n in range(150)], "g": rng.normal(size=150) + 3 * side, "xray": xray})
    table["cls"] = np.where(side, "GAL", "STAR")
    table.write(catalogue)
    path = tmp_path / "sparse.yaml"
    assert main(["new", str(catalogue), "-o", str(path), "--id", "id", "--label", "cls", "--features", "g,xray"]) == 0
    return path


@pytest.mark.parametrize("model", ["hist_gradient_boosting", "gaussian_process"])
def test_a_round_without_a_feature_is_recorded_reproduced_and_exported(sparse, tmp_path, model, capsys):
    with Session.open(sparse) as session:
        session.training.start("GAL", models=[ExtensionConfig(name=model)])
        answer(session)
        assert session.round("GAL").left_out == ("xray",)
        assert "xray" in session.round("GAL").left_out_text
        expected = session.round("GAL").proba
        session.save()
    assert "left_out: [xray]" in sparse.read_text()
    assert main(["reproduce", str(sparse)]) == 0
    edited = tmp_path / "edited.yaml"
    edited.write_text(sparse.read_text().replace("left_out: [xray]", "left_out: [g]", 1))
    capsys.readouterr()
    assert main(["reproduce", str(edited)]) == 1
    assert "features left out" in capsys.readouterr().out
    # The model elsewhere ignores the feature too, even for sources that have a value.
    assert main(["export", str(sparse), "model", "-o", str(tmp_path / "m.skops")]) == 0
    table = Table.read(tmp_path / "sparse.csv")
    table["xray"] = 1e5
    table.write(tmp_path / "other.fits")
    assert (
        main(["predict", str(tmp_path / "m.skops"), str(tmp_path / "other.fits"), "-o", str(tmp_path / "p.fits")]) == 0
    )
    found, scored = Table.read(tmp_path / "p.fits")["p_GAL"], np.isfinite(expected)
    np.testing.assert_allclose(np.asarray(found)[scored], expected[scored], rtol=0, atol=1e-6)


def test_the_reported_catalogue_with_an_almost_empty_column(shared, tmp_path, capsys):
    reported = shared / "reported" / "sparse.csv"
    path = tmp_path / "sparse.yaml"
    catalogue = shutil.copy(reported, tmp_path)
    assert main(["new", str(catalogue), "-o", str(path), "--id", "id", "--label", "cls"]) == 0
    options = ["--class", "GAL", "--labels", "8", "--seeds", "1", "--strategy", "uncertainty"]
    model = ["--model", "hist_gradient_boosting", "-o", str(tmp_path / "curves.csv")]
    assert main(["simulate", str(path), *options, *model]) == 0


def as_text(table, lead=("",) * 1000):
    """Return the features of a table as lines of text, without the names of the columns."""
    plain = table.filled(np.nan)
    rows = [" ".join(repr(float(row[name])) for name in FEATURES) for row in plain]
    return [f"{first} {row}".strip() for first, row in zip(lead, rows, strict=False)]


def test_the_first_line_of_a_text_table_is_a_question(made, tmp_path, capsys):
    table, expected = in_order_of_catalogue(made)
    text, output = tmp_path / "plain.dat", tmp_path / "out.fits"
    # A column whose name looks like a value: the first line may contain the names, or be a source.
    text.write_text("\n".join([" ".join(["7.5", *FEATURES]), *as_text(table, ["0.5"] * len(table))]))
    command = ["predict", str(made / "m.skops"), str(text), "-o", str(output), "--id", "row"]
    assert main(command) == 2
    assert "--header, or --no-header if it is the first source" in capsys.readouterr().err
    assert not output.exists()
    assert main([*command, "--header"]) == 0
    np.testing.assert_array_equal(Table.read(output)["p_Star"], expected)
    capsys.readouterr()
    assert main([*command, "--no-header", "--overwrite"]) == 2
    assert "The model needs 'u', 'g', 'r', 'i'" in capsys.readouterr().err


def test_a_table_without_names_is_read_as_the_catalogue_of_the_project(made, tmp_path, capsys):
    table, _ = in_order_of_catalogue(made)
    text = tmp_path / "plain.dat"
    labels = [str(label) for label in table["label"]]
    lines = as_text(table, [f"s{n}" for n in range(len(table))])
    text.write_text("\n".join(f"{line} {label}" for line, label in zip(lines, labels, strict=True)))
    project = tmp_path / "p.yaml"
    label = f"col{len(FEATURES) + 2}"
    assert main(["new", str(text), "-o", str(project), "--id", "col1", "--label", label, "--no-header"]) == 0
    with Session.open(project) as session:
        session.training.start(session.state.config.class_names[0], models=[ExtensionConfig(name="knn")])
        answer(session)
        session.save()
    assert main(["export", str(project), "model", "-o", str(tmp_path / "m.skops")]) == 0
    assert main(["predict", str(tmp_path / "m.skops"), str(text), "-o", str(tmp_path / "p.fits")]) == 0
    assert len(Table.read(tmp_path / "p.fits")) == 120
    assert "Traceback" not in capsys.readouterr().err
