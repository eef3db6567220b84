"""Warnings about what a project would learn from: `new`, `validate`, the wizard and the scores say the same."""

from __future__ import annotations

import json

import numpy as np
import pytest
from astropy.table import Table

from astronomical.cli import main
from astronomical.config.io import read_config, write_config
from astronomical.dashboard.panes.learner.matrices import MatricesView
from astronomical.dashboard.panes.learner.scores import ScoresView
from astronomical.session import Session
from astronomical.setup.create import make_preview
from astronomical.setup.draft import Draft
from astronomical.setup.table_preview import check_ids, read_labels, read_table
from tests.support.projects import answer

INDEX = "Column 'row_index' numbers the rows of the table"


def write(path, **columns):
    """Write a sorted catalogue of two classes of noise, with an index and copies."""
    rng = np.random.default_rng(1)
    table = Table({"id": [f"s{n:03d}" for n in rng.permutation(120)], "g": rng.normal(size=120)})
    table["r"] = rng.normal(size=120)
    for name, values in columns.items():
        table[name] = values
    table["cls"] = np.repeat(("GAL", "STAR"), 60)
    table.write(path)
    return path


@pytest.fixture
def new(tmp_path, capsys):
    """Return a function that makes a project and returns what `new` printed."""

    def make(catalogue, *options):
        arguments = ["new", str(catalogue), "-o", str(tmp_path / "p.yaml"), "--id", "id", "--label", "cls", *options]
        code = main(arguments)
        said = capsys.readouterr()
        return code, said.out + said.err

    return make


def test_new_validate_the_wizard_and_the_scores_name_the_column(new, tmp_path, capsys):
    catalogue = write(tmp_path / "c.csv", row_index=np.arange(120))
    code, said = new(catalogue)
    assert code == 0
    assert "Not used as features: row_index (index)" in said
    code, said = new(catalogue, "--features", "g,r,row_index", "--overwrite")
    assert code == 0
    assert f"warning: {INDEX}" in said

    assert main(["validate", str(tmp_path / "p.yaml")]) == 0, "a warning makes no project invalid"
    assert f"warning: {INDEX}" in capsys.readouterr().out
    assert main(["validate", "--json", str(tmp_path / "p.yaml")]) == 0
    answered = json.loads(capsys.readouterr().out)
    assert answered["ok"] is True
    assert answered["errors"] == []
    assert INDEX in answered["warnings"][0]

    draft = Draft()
    draft.use_table(read_table(catalogue))
    draft.id_source, draft.id_column = "column", "id"
    draft.set_labels(read_labels(draft.table, "cls"))
    draft.features = ("g", "r", "row_index")
    draft.check = check_ids(draft.table, draft.id_plan)
    assert any(INDEX in text for text in make_preview(draft).warnings)

    with Session.open(tmp_path / "p.yaml") as session:
        session.training.start("GAL")
        answer(session)
        assert "numbers the rows" in matrices_of(session)
        views = ScoresView(session)
        assert "numbers the rows" in str(views.view[0].object)


def matrices_of(session) -> str:
    view = MatricesView(session)
    view.set_visible(True)
    return str(view.view.object)


def test_without_a_sign_nothing_is_said(new, tmp_path, capsys):
    code, said = new(write(tmp_path / "c.csv"))
    assert code == 0
    assert "warning" not in said
    assert main(["validate", "--json", str(tmp_path / "p.yaml")]) == 0
    assert json.loads(capsys.readouterr().out) == {"ok": True, "errors": []}


def test_a_column_that_is_not_a_feature_is_not_named(new, tmp_path):
    _, said = new(write(tmp_path / "c.csv", row_index=np.arange(120)), "--features", "g,r")
    assert "warning" not in said


def test_a_column_that_is_only_combined_is_named(new, tmp_path):
    catalogue = write(tmp_path / "c.csv", row_index=np.arange(120))
    _, said = new(catalogue, "--features", "g,r", "--combine", "subtract:2:g,row_index")
    assert INDEX in said


def test_a_table_read_without_its_header_has_no_feature(tmp_path, capsys):
    catalogue = write(tmp_path / "c.csv")
    options = ["-o", str(tmp_path / "p.yaml"), "--no-header", "--id", "col1", "--label", "col4"]
    assert main(["new", str(catalogue), *options]) == 2
    said = capsys.readouterr().err
    assert "c.csv has no column for a feature. No column has only numbers." in said
    assert "leave out --no-header" in said
    assert not (tmp_path / "p.yaml").exists()


@pytest.mark.parametrize(
    ("name", "options", "text"),
    [
        ("index_leak", (), "Not used as features: col1 (index)"),
        (
            "twins",
            ("--same-within", "none"),
            "26 of the 48 sources in the validation set have exactly the position or features",
        ),
        ("twins", (), "objects that occur more than once (within 1 arcsec, or with the same features)"),
    ],
)
def test_the_reported_catalogues(shared, new, name, options, text):
    code, said = new(shared / "reported" / f"{name}.csv", *options)
    assert code == 0
    assert text in said


# -- the policy that excludes sources with missing features ------------------------------------------


@pytest.fixture
def dropping(new, tmp_path):
    """Return a function that makes a project with the policy `drop` and two more columns."""

    def make(**columns):
        assert new(write(tmp_path / "c.csv", **columns), "--features", ",".join(("g", *columns)))[0] == 0
        config = read_config(tmp_path / "p.yaml")
        features = config.features.model_copy(update={"missing": "drop"})
        write_config(config.model_copy(update={"features": features}), tmp_path / "p.yaml")
        return tmp_path / "p.yaml"

    return make


def half(start):
    values = np.full(120, np.nan)
    values[start::2] = 1.0 + np.arange(60) % 7
    return values


def test_validate_says_that_a_column_without_values_excludes_all_sources(dropping, capsys):
    values = np.full(120, -99.0)
    path = dropping(xray=values)
    config = read_config(path)
    catalogue = config.catalogue.model_copy(update={"missing": (-99.0,), "fingerprint": None})
    write_config(config.model_copy(update={"catalogue": catalogue}), path)
    capsys.readouterr()
    assert main(["validate", str(path)]) == 1
    said = capsys.readouterr().out
    assert "features.missing" in said
    assert "no source has a value of xray, so all sources are excluded" in said


def test_validate_says_that_columns_without_a_common_source_exclude_all(dropping, capsys):
    assert main(["validate", str(dropping(x=half(0), y=half(1)))]) == 1
    assert "no source has a value of every feature" in capsys.readouterr().out


def test_validate_says_how_many_sources_are_excluded(dropping, capsys):
    assert main(["validate", str(dropping(x=half(0)))]) == 0
    assert "warning: 60 of 120 sources are excluded" in capsys.readouterr().out


def test_many_warnings_leave_room_for_the_plot_of_the_scores(new, tmp_path):
    """The first two are above the plot, and all four are listed under Matrices."""
    side = np.repeat((0.0, 1.0), 60)
    columns = {f"leak{n}": side + np.random.default_rng(n).normal(0, 0.05, 120) for n in range(4)}
    new(write(tmp_path / "c.csv", **columns))
    with Session.open(tmp_path / "p.yaml") as session:
        session.training.start("GAL")
        answer(session)
        scores, matrices = str(ScoresView(session).view[0].object), matrices_of(session)
    assert scores.count("alone separates") == 2
    assert "2 more warnings are listed under Matrices." in scores
    assert matrices.count("alone separates") == 4


@pytest.mark.parametrize(
    ("name", "label", "columns", "reason"),
    [
        ("sdss_dr14_10k.csv", "class", ("redshift",), "redshift"),
        ("muwclass_cscv2_td.csv", "Class", ("P_AGN", "P_CV", "P_NS", "P_YSO"), "classification"),
    ],
)
def test_real_catalogues_with_results_of_their_classification(shared, tmp_path, capsys, name, label, columns, reason):
    """SDSS measured redshifts with templates of the classes; the X-ray sources come with probabilities of theirs."""
    catalogue = shared / "labelled" / name
    command = ["new", str(catalogue), "-o", str(tmp_path / "p.yaml"), "--id", "row", "--label", label]
    assert main(command) == 0
    said = capsys.readouterr()
    assert "warning: Column" not in said.out
    found = read_config(tmp_path / "p.yaml").features.columns
    assert not {*columns} & {*found}
    if name.startswith("sdss"):
        assert f"redshift ({reason})" in said.err
    assert main([*command, "--overwrite", "--features", ",".join((*found, *columns))]) == 0
    said = capsys.readouterr().out
    for column in columns:
        assert f"warning: Column {column!r} alone separates" in said
    if name.startswith("sdss"):
        assert said.count("warning: Column") == 1, "the magnitudes are good features, and no warning names them"
