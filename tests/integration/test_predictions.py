"""Predictions for the whole catalogue, and models for use elsewhere."""

from __future__ import annotations

import os
import pickle
import re
import zipfile
from pathlib import Path

import numpy as np
import pytest
from astropy.table import Table

from astronomical import load_model
from astronomical.cli import main
from astronomical.config.io import write_config
from astronomical.config.schema import ExtensionConfig, FeaturesConfig
from astronomical.extend import extension_of
from astronomical.learning.models import BUILTINS
from astronomical.session import Session
from astronomical.session.errors import SessionError
from astronomical.session.evaluation.predictions import Predictions
from tests.support.projects import answer, label_until, make_project
from tests.support.projects import start_small as start

SUFFIXES = (".fits", ".csv", ".parquet", ".vot", ".ecsv")
DOCS = Path(__file__).parents[2] / "docs"


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    """Return a project with learners of all three classes."""
    path, _ = make_project(tmp_path_factory.mktemp("project"))
    with Session.open(path) as session:
        for name in ("Star", "Galaxy", "QSO"):
            start(session, name)
            label_until(session, name, 9)
        session.save()
    return path


def read(path):
    return Table.read(path, format={".csv": "ascii.csv", ".vot": "votable"}.get(path.suffix))


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_predictions_are_the_same_in_all_formats(project, tmp_path, suffix, capsys):
    output = tmp_path / f"p{suffix}"
    assert main(["export", str(project), "predictions", "-o", str(output)]) == 0
    assert "300 sources" in capsys.readouterr().out
    table = read(output)
    names = ("Star", "Galaxy", "QSO")
    assert table.colnames == [
        "id",
        *(f"p_{name}" for name in names),
        "predicted",
        "ambiguous",
        "unclaimed",
        *(f"combined_{name}" for name in names),
    ]
    with Session.open(project, read_only=True) as session:
        assert list(table["id"]) == [id.decode() for id in session.dataset.catalogue.ids]
        claims = np.zeros(300, dtype=int)
        for name in names:
            proba = np.asarray(table[f"p_{name}"], dtype=float)
            scored = np.isfinite(session.round(name).proba)
            assert np.isfinite(proba).all()
            assert np.allclose(proba[scored], session.round(name).proba[scored], rtol=0, atol=1e-6)
            claims += proba > 0.5
    assert [str(value).lower() == "true" for value in table["ambiguous"]] == list(claims >= 2)
    assert [str(value).lower() == "true" for value in table["unclaimed"]] == list(claims == 0)
    predicted = np.ma.filled(np.ma.asarray(table["predicted"]), "")
    assert [not name for name in predicted] == list(claims == 0)


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_labels_in_all_formats(project, tmp_path, suffix):
    output = tmp_path / f"l{suffix}"
    assert main(["export", str(project), "labels", "-o", str(output)]) == 0
    table = read(output)
    assert len(table) == 27
    assert table.colnames == ["id", "label", "class", "origin", "round", "who", "when", "probable"]
    assert set(table["label"]) <= {"Star", "Galaxy", "QSO"}


def test_what_predictions_amount_to():
    proba = {"A": [0.9, 0.55, 0.2, 0.0, np.nan], "B": [0.1, 0.6, 0.3, 0.0, np.nan]}
    values = {name: np.array(column, dtype="f4") for name, column in proba.items()}
    found = Predictions(np.array([b"1", b"2", b"3", b"4", b"5"]), values, ("A", "B"))
    assert list(found.predicted) == ["A", "B", "", "", ""]
    assert list(found.ambiguous) == [False, True, False, False, False]
    assert list(found.unclaimed) == [False, False, True, True, True]
    assert found.combined("A") == pytest.approx([0.9, 0.55 / 1.15, 0.4, np.nan, np.nan], nan_ok=True)
    assert "combined_A" in found.table().colnames
    short = Predictions(found.ids, found.proba, ("A", "B", "C"))
    assert not any(name.startswith("combined") for name in short.table().colnames)


def test_dropped_sources_are_not_predicted(tmp_path):
    path, config = make_project(tmp_path, n=200)
    recipe = FeaturesConfig(**{**config.features.model_dump(), "missing": "drop"})
    write_config(config.model_copy(update={"features": recipe}), path)
    with Session.open(path) as session:
        start(session)
        session.exports.export("predictions", tmp_path / "p.parquet")
        session.exports.export("model", tmp_path / "m.skops")
        incomplete = ~session.dataset.features.complete
    table = Table.read(tmp_path / "p.parquet")
    assert incomplete.any()
    assert list(np.isnan(np.asarray(table["p_Star"], dtype=float))) == list(incomplete)
    again = load_model(tmp_path / "m.skops").predict(tmp_path / "catalogue.fits")
    assert np.array_equal(np.asarray(again["p_Star"]), np.asarray(table["p_Star"]), equal_nan=True)


def test_exporting_predictions_opens_no_test_scores(project, tmp_path):
    with Session.open(project, read_only=True) as session:
        session.exports.export("predictions", tmp_path / "p.fits")
        assert np.isnan(session.round("Star").proba[session.dataset.split.test]).all()


@pytest.mark.parametrize(
    "models", [*((extension_of(entry).name,) for entry in BUILTINS), ("knn", "random_forest", "logistic_regression")]
)
def test_a_model_elsewhere_says_what_the_dashboard_says(tmp_path, models):
    (tmp_path / "here").mkdir()
    path, config = make_project(tmp_path / "here", n=150)
    features = config.features.model_copy(update={"scaling": "standard", "missing": "median"})
    write_config(config.model_copy(update={"features": features}), path)
    with Session.open(path) as session:
        session.training.start("Star", models=[ExtensionConfig(name=model) for model in models])
        answer(session)
        session.save()
        expected = session.round("Star").proba
    assert main(["export", str(path), "model", "-o", str(tmp_path / "m.skops")]) == 0
    # another file, in another order and format, without labels
    table = Table.read(tmp_path / "here" / "catalogue.fits")
    table.remove_column("label")
    table[np.random.default_rng(3).permutation(len(table))].write(tmp_path / "other.parquet")
    output = tmp_path / "o.csv"
    assert main(["predict", str(tmp_path / "m.skops"), str(tmp_path / "other.parquet"), "-o", str(output)]) == 0
    found = read(output)
    scored = np.isfinite(expected)
    assert np.allclose(np.asarray(found["p_Star"], dtype=float)[scored], expected[scored], rtol=0, atol=1e-6)


def test_the_snippet_of_the_documentation(project, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Table.read(project.parent / "catalogue.fits").write("sources.fits")
    assert main(["export", str(project), "model", "-o", "model.skops"]) == 0
    assert main(["predict", "model.skops", "sources.fits", "-o", "command.fits"]) == 0
    text = (DOCS / "how-to" / "use-a-model.md").read_text()
    snippet = re.search(r"```python\n(.*?)```", text, re.S).group(1)
    assert len([line for line in snippet.splitlines() if line.strip()]) <= 5
    exec(snippet, {})
    first, second = Table.read("command.fits"), Table.read("predictions.fits")
    assert first.colnames == second.colnames
    assert all(np.array_equal(first[name], second[name]) for name in ("p_Star", "p_QSO"))


def test_one_class_alone(project, tmp_path):
    assert main(["export", str(project), "model", "--class", "QSO", "-o", str(tmp_path / "q.skops")]) == 0
    model = load_model(tmp_path / "q.skops")
    assert model.classes == ("QSO",)
    assert dict(model.labels) == {"0": "Star", "1": "Galaxy", "2": "QSO"}


class Canary:
    """Pickled, it makes a file when it is read."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return (os.mkdir, (self.path,))


def test_reading_a_model_runs_no_code(project, tmp_path):
    import joblib
    import skops.io

    song = tmp_path / "song"
    joblib.dump(Canary(str(song)), tmp_path / "bad.joblib")
    with pytest.raises(SessionError, match="runs any code"):
        load_model(tmp_path / "bad.joblib")
    skops.io.dump({"format": "astronomical model", "learners": [Canary(str(song))]}, tmp_path / "bad.skops")
    with pytest.raises(SessionError, match="not allowed in a model"):
        load_model(tmp_path / "bad.skops")
    # a file that says itself that its types are to be trusted, and one with a pickle inside
    with zipfile.ZipFile(tmp_path / "bad.skops") as good, zipfile.ZipFile(tmp_path / "worse.skops", "w") as worse:
        schema = good.read("schema.json").decode().replace("tests.integration.test_predictions", "os")
        worse.writestr("schema.json", schema.replace('"Canary"', '"system"'))
        worse.writestr("0.npy", pickle.dumps(Canary(str(song))))
    with pytest.raises(SessionError):
        load_model(tmp_path / "worse.skops")
    assert not song.exists()
    joblib.dump(Canary(str(song)), tmp_path / "bad.joblib")
    with pytest.raises(SessionError):  # nothing that could be used, but its author was trusted
        load_model(tmp_path / "bad.joblib", allow_pickle=True)
    assert song.exists()


def test_a_model_by_joblib_on_demand(project, tmp_path, capsys):
    model, table = str(tmp_path / "m.joblib"), str(project.parent / "catalogue.fits")
    assert main(["export", str(project), "model", "-o", model]) == 0
    assert main(["predict", model, table, "-o", str(tmp_path / "p.fits")]) == 2
    assert "--allow-pickle" in capsys.readouterr().err
    assert main(["predict", model, table, "-o", str(tmp_path / "p.fits"), "--allow-pickle"]) == 0


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["export", "{config}", "predictions", "-o", "{folder}/p.txt"], "must end in .fits"),
        (["export", "{config}", "model", "-o", "{folder}/m.pkl"], "must end in .skops"),
        (["export", "{config}", "model", "--class", "Quasar", "-o", "{folder}/m.skops"], "Quasar"),
        (["export", "{config}", "labels", "--class", "QSO", "-o", "{folder}/l.fits"], "--class"),
        (["predict", "{config}", "{config}", "-o", "{folder}/p.fits"], "must end in .skops"),
        (["predict", "{folder}/none.skops", "{config}", "-o", "{folder}/p.fits"], "cannot be read"),
        (["predict", "{folder}/junk.skops", "{config}", "-o", "{folder}/p.fits"], "cannot be used"),
    ],
)
def test_what_cannot_be_done_is_said(project, tmp_path, capsys, arguments, message):
    (tmp_path / "junk.skops").write_bytes(b"not a zip file")
    filled = [text.format(config=project, folder=tmp_path) for text in arguments]
    assert main(filled) == 2
    error = capsys.readouterr().err
    assert message in error
    assert "Traceback" not in error
    assert sorted(path.name for path in tmp_path.iterdir()) == ["junk.skops"]


def test_a_table_without_the_columns_is_refused(project, tmp_path, capsys):
    main(["export", str(project), "model", "-o", str(tmp_path / "m.skops")])
    table = Table.read(project.parent / "catalogue.fits")
    table.remove_columns(["u", "i"])
    short = tmp_path / "short.fits"
    table.write(short)
    assert main(["predict", str(tmp_path / "m.skops"), str(short), "-o", str(tmp_path / "p.fits")]) == 2
    assert "'u', 'i'" in capsys.readouterr().err


def test_nothing_trained_nothing_to_predict(tmp_path, capsys):
    path, _ = make_project(tmp_path, n=90)
    assert main(["export", str(path), "predictions", "-o", str(tmp_path / "p.fits")]) == 2
    assert "No learner is trained" in capsys.readouterr().err
