"""Plugins through a real session and the command line."""

from __future__ import annotations

import json

import numpy as np
import pytest

from astronomical.cli import main
from astronomical.config.io import read_config, write_config
from astronomical.config.schema import CombinationConfig, ExtensionConfig, PluginConfig
from astronomical.session import Session
from astronomical.session.errors import SessionError
from astronomical.session.evaluation.reproduce import reproduce
from astronomical.session.project.new import ProjectOptions, new_project
from tests.support.plugin_files import FEATURE, MODEL, STRATEGY, canary, write_all, write_plugin
from tests.support.projects import label_until, make_project

NAIVE = [ExtensionConfig(name="naive_bayes", parameters={"smoothing": 0.01})]


@pytest.fixture
def trained(tmp_path):
    """A project whose Star learner is a plugin's model; it was saved and closed."""
    path, _ = make_project(tmp_path)
    plugin, mark = canary(tmp_path)
    with Session.open(path, plugins=[plugin]) as session:
        session.training.start("Star", models=NAIVE)
        label_until(session, "Star", 9)
    mark.unlink()
    return path, plugin, mark


def test_the_config_names_the_plugin_that_it_needs(trained):
    path, _, _ = trained
    (named,) = read_config(path).plugins
    assert (named.name, named.path, named.version) == ("canary", "canary.py", "2")


def test_opening_runs_nothing_and_keeps_everything(trained):
    path, _, mark = trained
    before = read_config(path)
    with Session.open(path) as session:
        assert not mark.exists()
        assert any("you have not agreed" in notice.text for notice in session.state.notices)
        assert len(session.training.targets("Star")) == 9
        assert session.query("Star") is None
        session.focus(session.dataset.catalogue.id_at(0))
        session.assign("Galaxy", class_name=None)
    after = read_config(path)
    assert not mark.exists()
    assert after.plugins == before.plugins
    assert after.results == before.results
    assert after.results[0].probabilities
    assert after.events[: len(before.events)] == before.events


def test_consent_is_remembered(trained):
    path, _, mark = trained
    with Session.open(path, trust_plugins=True) as session:
        assert session.query("Star") is not None
    mark.unlink()
    with Session.open(path) as session:
        assert session.query("Star") is not None
    assert mark.exists()


def test_reproduce_says_what_it_needs_and_reproduces_with_it(trained, capsys):
    path, plugin, _ = trained
    assert main(["reproduce", str(path)]) == 2
    assert "naive_bayes" in capsys.readouterr().err
    assert main(["reproduce", str(path), "--plugins", str(plugin)]) == 0
    assert reproduce(path, trust_plugins=True).ok


def test_a_feature_of_a_plugin(tmp_path):
    make_project(tmp_path)
    plugin = write_plugin(tmp_path, FEATURE)
    made = new_project(
        ProjectOptions(
            catalogue=tmp_path / "catalogue.fits",
            id="name",
            label="label",
            label_names={"0": "Star"},
            features=tuple("ug"),
            combinations=(CombinationConfig(operation="mean", n=2),),
        ),
        tmp_path / "with.yaml",
        plugins=[plugin],
    )
    assert made.plugins[0].path == "mine.py"
    with Session.open(tmp_path / "with.yaml", trust_plugins=True) as session:
        assert "u~g" in session.dataset.features.names


def test_an_operation_with_parameters_is_a_feature_of_its_own(tmp_path, capsys):
    make_project(tmp_path)
    plugin = write_plugin(tmp_path, FEATURE)
    path = tmp_path / "with.yaml"
    twice = tuple(CombinationConfig(operation="mean", n=2, parameters=given) for given in ({}, {"exponent": 2}))
    new_project(
        ProjectOptions(
            catalogue=tmp_path / "catalogue.fits",
            id="name",
            label="label",
            label_names={"0": "Star"},
            features=tuple("ug"),
            combinations=twice,
            missing_policy="median",
        ),
        path,
        plugins=[plugin],
    )
    with Session.open(path, plugins=[plugin]) as session:
        names, values = session.dataset.features.names, session.dataset.features.values
        assert names == ("u", "g", "u~g", "u~g[exponent=2]")
        config = session.state.config
        changed = config.model_copy(
            update={
                "features": config.features.model_copy(
                    update={
                        "combinations": (
                            twice[0],
                            CombinationConfig(operation="mean", n=2, columns=("u", "g"), parameters={"exponent": 3}),
                        )
                    }
                )
            }
        )
        assert session.settings.plan(changed).effects == (
            "Features change (new: mean (exponent 3) of every 2 of u, g, removed: mean (exponent 2) of every 2 of the "
            "feature columns): there is no learner to retrain.",
        )
        u, g, mean, square = values.astype(np.float64)
        known = session.dataset.features.complete
        np.testing.assert_allclose(mean[known], (u + g)[known] / 2, rtol=1e-6)
        np.testing.assert_allclose(square[known], np.sqrt((u**2 + g**2)[known] / 2), rtol=1e-6)
        session.training.start("Star")
        label_until(session, "Star", 7)
        session.exports.export("model", tmp_path / "model.joblib")
        session.exports.export("predictions", tmp_path / "here.csv")
    assert read_config(path).features.combinations == twice
    there = tmp_path / "there.csv"
    assert (
        main(
            [
                "predict",
                str(tmp_path / "model.joblib"),
                str(tmp_path / "catalogue.fits"),
                "-o",
                str(there),
                "--allow-pickle",
                "--plugins",
                str(plugin),
            ]
        )
        == 0
    )
    assert there.read_bytes() == (tmp_path / "here.csv").read_bytes()
    assert main(["reproduce", str(path), "--plugins", str(plugin)]) == 0
    config = path.read_text().replace("exponent: 2", "exponent: 9")
    path.write_text(config)
    capsys.readouterr()
    assert main(["validate", str(path), "--plugins", str(plugin)]) != 0
    said = "".join(capsys.readouterr())
    assert "exponent must be between 1 and 4, not 9" in said


def feature_project(folder):
    """Make a project one of whose features is made by a plugin, with a learner that has begun."""
    make_project(folder)
    plugin = write_plugin(folder, FEATURE)
    path = folder / "with.yaml"
    new_project(
        ProjectOptions(
            catalogue=folder / "catalogue.fits",
            id="name",
            label="label",
            label_names={"0": "Star"},
            features=tuple("ug"),
            combinations=(CombinationConfig(operation="mean", n=2),),
        ),
        path,
        plugins=[plugin],
    )
    with Session.open(path, plugins=[plugin]) as session:
        session.training.start("Star")
        label_until(session, "Star", 7)
    return path, plugin


def test_a_project_whose_feature_is_missing_opens_and_trains_nothing(tmp_path):
    path, plugin = feature_project(tmp_path)
    before = read_config(path)
    plugin.unlink()
    with Session.open(path, trust_plugins=True) as session:
        assert session.dataset.features.names == ("u", "g")
        assert session.round("Star") is None
        said = session.training.missing_plugins("Star")
        assert said.startswith("The feature operation 'mean' is missing.")
        assert f"{plugin} cannot be read" in said
        with pytest.raises(SessionError, match="'mean', from a plugin that is not loaded"):
            session.training.start("1")
        session.focus(session.dataset.catalogue.id_at(0))
        session.assign("Star", class_name=None)
    after = read_config(path)
    assert (after.features, after.plugins, after.results) == (before.features, before.plugins, before.results)
    write_plugin(tmp_path, FEATURE)
    assert reproduce(path, trust_plugins=True).ok


def test_a_strategy_with_a_parameter_is_kept_and_named_when_it_is_missing(tmp_path):
    path, _ = make_project(tmp_path)
    plugin = write_plugin(tmp_path, STRATEGY)
    wanted = ExtensionConfig(name="off_centre", parameters={"centre": 0.7})
    with Session.open(path, plugins=[plugin]) as session:
        session.training.start("Star", strategy=wanted)
        assert session.training.missing_plugins("Star") == ""
        with pytest.raises(SessionError, match=r"Centre must be between 0.0 and 1.0, not 1.5"):
            session.training.start("Star", strategy=ExtensionConfig(name="off_centre", parameters={"centre": 1.5}))
    assert read_config(path).learner("Star").strategy == wanted
    assert [item.name for item in read_config(path).plugins] == ["mine"]
    with Session.open(path) as session:
        assert (
            "query strategy 'off_centre' is missing. mine.py was not run: you have not agreed"
            in session.training.missing_plugins("Star")
        )


def test_a_file_of_four_kinds_is_one_plugin(tmp_path):
    path, config = make_project(tmp_path)
    write_all(tmp_path)
    named = config.model_copy(update={"plugins": (PluginConfig(name="all", path="all.py"),)})
    write_config(named, path)
    with Session.open(path, trust_plugins=True) as session:
        assert {entry.extension.kind for entry in session.registry.from_plugins} == {
            "model",
            "feature",
            "strategy",
            "plot",
        }
        session.training.start("Star", models=NAIVE, strategy=ExtensionConfig(name="off_centre"))
    (kept,) = read_config(path).plugins
    assert (kept.name, kept.version) == ("all", None)  # of two versions


def test_the_listing_names_what_failed_and_ends_well(tmp_path, capsys):
    write_plugin(tmp_path)
    write_plugin(tmp_path, "1 / 0", "broken.py")
    assert main(["plugins", "--json", "--plugins", str(tmp_path)]) == 0
    rows = json.loads(capsys.readouterr().out)
    assert {"kind", "name", "version", "source", "status", "error"} == set(rows[0])
    status = {row["name"]: row["status"] for row in rows}
    assert (status["naive_bayes"], status["broken"], status["knn"]) == ("loaded", "failed", "built in")


def test_validate_names_an_untrusted_plugin(trained, capsys):
    path, _, mark = trained
    assert main(["validate", str(path)]) == 1
    assert "you have not agreed" in capsys.readouterr().out
    assert not mark.exists()
    assert main(["validate", str(path), "--trust-plugins"]) == 0


def test_a_path_of_a_config_that_is_no_plugin_is_not_run(tmp_path):
    path, config = make_project(tmp_path)
    write_plugin(tmp_path, MODEL, "mine.txt")
    write_config(config.model_copy(update={"plugins": (PluginConfig(name="x", path="mine.txt"),)}), path)
    with Session.open(path, trust_plugins=True) as session:
        assert any("mine.txt is not a plugin" in notice.text for notice in session.state.notices)
