"""Vectors as features of a project: learned from, recorded, proved again, and used elsewhere."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from astropy.table import Table

from astronomical.cli import main
from astronomical.config.io import read_config
from astronomical.config.schema import ExtensionConfig, JoinConfig, StartConfig, VectorConfig
from astronomical.dashboard.panes.plot.values import axis_names, axis_values
from astronomical.session import Session
from astronomical.session.errors import SessionError
from astronomical.session.evaluation.reproduce import reproduce
from astronomical.session.project.new import ProjectOptions, new_project
from astronomical.session.project.validate import validate
from astronomical.setup.create import create_project, make_preview
from astronomical.setup.draft import Draft
from astronomical.setup.joins import read_other, try_join
from astronomical.setup.table_preview import check_ids, read_labels, read_table
from tests.support.projects import FEW_TREES, label_until, without_models

N, LENGTH = 900, 128
EMB = VectorConfig(column="emb", length=LENGTH, components=8)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Write a catalogue whose classes differ only in vectors: in a file beside it, a side table, and a column."""
    rng = np.random.default_rng(0)
    spiral = rng.random(N) < 0.5
    vectors = rng.normal(size=(N, LENGTH))
    vectors[:, 5] += np.where(spiral, 6, -6) / np.sqrt(2)
    vectors[:, 90] -= np.where(spiral, 6, -6) / np.sqrt(2)
    vectors = vectors.astype(np.float32)
    main_table = Table(
        {
            "id": [f"s{i}" for i in rng.permutation(N)],
            "u": rng.normal(size=N).astype(np.float32),
            "g": rng.normal(size=N).astype(np.float32),
            "shape": np.where(spiral, "spiral", "elliptical"),
        }
    )
    main_table.write(tmp_path / "catalogue.fits")
    np.save(tmp_path / "emb.npy", vectors)
    order = rng.permutation(N)
    Table({"name": main_table["id"][order], "emb": vectors[order]}).write(tmp_path / "side.parquet")
    main_table["emb"] = vectors
    main_table.write(tmp_path / "whole.fits")
    return tmp_path


def make(folder: Path, catalogue: str = "catalogue.fits", name: str = "project.yaml", **choices) -> Path:
    """Make a project of the vectors, reduced to components unless chosen otherwise."""
    given = {"vectors": ("emb",), "components": 8, "classes": ("spiral",), **choices}
    path = folder / name
    config = new_project(ProjectOptions(catalogue=folder / catalogue, id="id", label="shape", **given), path)
    without_models(config, path)
    return path


def beside(folder: Path) -> JoinConfig:
    return JoinConfig(path=str(folder / "emb.npy"), by="row")


def accuracy(path: Path, n_labels: int) -> float:
    """Label until there are so many labels, and return the accuracy in the validation set."""
    with Session.open(path, look_ahead=False) as session:
        session.training.start("spiral", models=[FEW_TREES], start=StartConfig(mode="random", n=10))
        label_until(session, "spiral", n_labels)
        return session.round("spiral").validation.accuracy


def test_fifty_labels_suffice_where_only_vectors_tell_the_classes_apart(folder: Path):
    assert accuracy(make(folder, joins=(beside(folder),)), 50) >= 0.95
    columns = {"vectors": (), "components": None, "features": ("u", "g")}
    assert accuracy(make(folder, name="columns.yaml", **columns), 50) <= 0.6


def test_vectors_of_all_origins_give_the_same_features_and_fingerprint(folder: Path):
    side = JoinConfig(path=str(folder / "side.parquet"), by="id", id="name", columns=("emb",))
    paths = (
        make(folder, joins=(beside(folder),)),
        make(folder, name="side.yaml", joins=(side,)),
        make(folder, "whole.fits", "whole.yaml"),
    )
    digests, values = [], []
    for path in paths:
        config = read_config(path)
        assert config.features.vectors == (EMB,)
        digests.append(config.catalogue.fingerprint.columns["emb"])
        assert validate(path) == []
        with Session.open(path, read_only=True, look_ahead=False) as session:
            values.append(session.dataset.features.values)
    assert len(set(digests)) == 1
    np.testing.assert_allclose(values[1], values[0], rtol=1e-5)
    np.testing.assert_array_equal(values[2], values[0])


def test_other_vectors_are_noticed(folder: Path):
    path = make(folder, joins=(beside(folder),))
    vectors = np.load(folder / "emb.npy")
    vectors[7, 100] += 1
    np.save(folder / "emb.npy", vectors)
    assert any("'emb'" in str(problem) for problem in validate(path))
    np.save(folder / "emb.npy", vectors[:, :64])
    assert any("128 values" in str(problem) and "64 values" in str(problem) for problem in validate(path))


def test_rounds_are_proved_again_and_models_predict_elsewhere(folder: Path):
    path = make(folder, joins=(beside(folder),), features=("u",), scaling="standard")
    with Session.open(path, look_ahead=False) as session:
        session.training.start("spiral", models=[ExtensionConfig(name="knn")])
        label_until(session, "spiral", 8)
        names = session.dataset.features.names
        assert names == ("u", *(f"pca(emb)[{i}]" for i in range(8)))
        assert set(names) <= set(axis_names(session.dataset))
        assert axis_values(session.dataset, "pca(emb)[0]").shape == (N,)
    assert reproduce(path).ok
    model, here, there = folder / "m.skops", folder / "p.fits", folder / "q.fits"
    assert main(["export", str(path), "model", "-o", str(model)]) == 0
    assert main(["export", str(path), "predictions", "-o", str(here)]) == 0
    some = np.random.default_rng(3).permutation(N)[:200]
    Table.read(folder / "catalogue.fits")["id", "u"][some].write(folder / "new.csv")
    np.save(folder / "new_vectors.npy", np.load(folder / "emb.npy")[some])
    command = ["predict", str(model), str(folder / "new.csv"), "-o", str(there)]
    assert main([*command, "--join", f"emb={folder / 'new_vectors.npy'}"]) == 0
    expected = {row["id"]: row["p_spiral"] for row in Table.read(here)}
    for row in Table.read(there):
        assert row["p_spiral"] == pytest.approx(expected[row["id"]], abs=1e-6)


def test_a_model_says_which_vectors_it_needs(folder: Path, capsys: pytest.CaptureFixture[str]):
    path = make(folder, joins=(beside(folder),))
    with Session.open(path, look_ahead=False) as session:
        session.training.start("spiral", models=[FEW_TREES])
    assert main(["export", str(path), "model", "-o", str(folder / "m.skops")]) == 0
    command = ["predict", str(folder / "m.skops"), str(folder / "catalogue.fits"), "-o", str(folder / "q.fits")]
    assert main(command) == 2
    assert "need vectors of 128 values from column 'emb'" in capsys.readouterr().err
    np.save(folder / "short.npy", np.zeros((N, 64)))
    assert main([*command, "--join", f"emb={folder / 'short.npy'}"]) == 2
    assert "has vectors of 64 values" in capsys.readouterr().err
    np.save(folder / "few.npy", np.zeros((3, LENGTH)))
    assert main([*command, "--join", f"emb={folder / 'few.npy'}"]) == 2
    assert "few.npy has 3 rows" in capsys.readouterr().err


def test_vectors_are_chosen_while_the_project_is_open(folder: Path):
    path = make(folder, "whole.fits", vectors=(), components=None, features=("u", "g"))
    assert "vectors" not in path.read_text(encoding="utf-8")
    with Session.open(path, look_ahead=False) as session:
        session.training.start("spiral", models=[FEW_TREES])
        before = session.round("spiral").key
        config = session.state.config
        changed = config.model_copy(update={"features": config.features.model_copy(update={"vectors": (EMB,)})})
        (effect,) = session.settings.plan(changed).effects
        assert "new: emb (8 principal components of 128 values)" in effect
        session.settings.change(changed)
        assert len(session.dataset.features.names) == 10
        assert session.round("spiral").key != before
    assert read_config(path).features.vectors == (EMB,)
    assert "emb" in read_config(path).catalogue.fingerprint.columns
    assert reproduce(path).ok


def test_the_same_vector_means_the_same_object(folder: Path):
    vectors = np.load(folder / "emb.npy")
    vectors[10] = vectors[11]
    np.save(folder / "emb.npy", vectors)
    ids = Table.read(folder / "catalogue.fits")["id"]
    with Session.open(make(folder, joins=(beside(folder),)), read_only=True, look_ahead=False) as session:
        assert session.dataset.copies(str(ids[10])) == (str(ids[11]),)
        assert session.dataset.copies(str(ids[12])) == ()


@pytest.mark.parametrize(
    ("choices", "message"),
    [
        ({"vectors": ("embb",)}, "has no column 'embb'; did you mean 'emb'"),
        ({"vectors": ("u",)}, "Columns of vectors: emb"),
        ({"components": 200}, "at most 128 principal components"),
    ],
)
def test_vectors_that_cannot_be_features_are_refused(folder: Path, choices: dict, message: str):
    with pytest.raises(SessionError, match=message):
        make(folder, "whole.fits", **choices)


def test_vectors_on_the_command_line(folder: Path, capsys: pytest.CaptureFixture[str]):
    command = ["new", str(folder / "catalogue.fits"), "--id", "id", "--label", "shape", "--vectors", "emb"]
    made = folder / "made.yaml"
    joined = [*command, "-o", str(made), "--components", "8", "--join"]
    assert main([*joined, str(folder / "emb.npy")]) == 0
    assert "vector emb (8 principal components of 128 values)" in capsys.readouterr().out
    config = read_config(made)
    assert config.features.vectors == (EMB,)
    assert config.catalogue.joins == (JoinConfig(path="emb.npy", by="row"),)
    assert main([*joined, f"{folder / 'side.parquet'}:name", "--overwrite"]) == 0
    assert read_config(made).catalogue.joins == (JoinConfig(path="side.parquet", by="id", id="name"),)
    assert main([*joined, str(folder / "none.npy"), "--overwrite"]) == 2
    assert "There is no file" in capsys.readouterr().err


def test_the_wizard_adds_vectors_of_a_file_beside_the_catalogue(folder: Path):
    draft = Draft()
    draft.use_table(read_table(folder / "catalogue.fits"))
    other = read_other(folder / "emb.npy")
    assert (other.readable, other.columns) == ((), ("emb",))
    draft.use_table(try_join(draft, beside(folder)).table)
    draft.id_source, draft.id_column = "column", "id"
    draft.check = check_ids(draft.table, draft.id_plan)
    draft.set_labels(read_labels(draft.table, "shape"))
    draft.project = str(folder / "wizard.yaml")
    assert draft.vector_lengths == {"emb": LENGTH}
    draft.vectors, draft.components = ("emb",), 200
    assert draft.problems("learning") == ["Column 'emb' has at most 128 principal components."]
    draft.components = 8
    assert draft.problems("learning") == []
    assert make_preview(draft).n_features == 8
    create_project(draft)
    assert read_config(folder / "wizard.yaml").features.vectors == (EMB,)
