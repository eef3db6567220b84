"""No output replaces what it was made from, and no other file without being asked to."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from astronomical.cli import main
from astronomical.config.io import read_config, write_config
from astronomical.config.schema import ModelsConfig, PluginConfig
from astronomical.session import Session
from tests.support.projects import label_until, make_project
from tests.support.projects import start_small as start

PLUGIN = "import astronomical\n"
BANDS = "name,wavelength\n"


@pytest.fixture(scope="module")
def template(tmp_path_factory) -> Path:
    """A folder with a project that has a trained learner, a model of it, a plugin and a band file."""
    folder = tmp_path_factory.mktemp("outputs")
    path, _ = make_project(folder, n=120, keep_models=True)
    with Session.open(path) as session:
        start(session)
        label_until(session, "Star", 6)
        session.exports.export("model", folder / "model.skops")
    (folder / "plugin.py").write_text(PLUGIN)
    return folder


@pytest.fixture
def folder(template: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(template, tmp_path / "work"))


def contents(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def change(path: Path, **sections: object) -> None:
    """Change sections of a config that is not open."""
    write_config(read_config(path).model_copy(update=sections), path)


def disguised(path: Path, how: str, suffix: str) -> Path:
    """Return another name of a file, with the ending that a command asks for."""
    if how == "its own name":
        return path
    if how == "by way of a folder":
        return path.parent.parent / path.parent.name / path.name
    name = path.parent / f"other{suffix}"
    if how == "symbolic link":
        name.symlink_to(path)
    elif how == "hard link":
        os.link(path, name)
    else:
        return path.with_name(path.name.upper()).with_suffix(path.suffix)
    return name


NAMES = ["its own name", "by way of a folder", "symbolic link", "hard link", "other capitals"]


@pytest.mark.parametrize("overwrite", [False, True], ids=["plain", "overwrite"])
@pytest.mark.parametrize("how", NAMES)
@pytest.mark.parametrize("command", ["predict", "labels", "predictions", "simulate", "plot"])
def test_no_command_replaces_its_catalogue(folder: Path, how: str, overwrite: bool, command: str, capsys):
    catalogue, project = folder / "catalogue.fits", folder / "project.yaml"
    suffix = {"simulate": ".csv", "plot": ".png"}.get(command, ".fits")
    if command == "plot" and how not in ("symbolic link", "hard link"):
        pytest.skip("a picture has another ending")
    output = disguised(catalogue, how, suffix)
    simulate = ["simulate", project, "--class", "Star", "--labels", 6, "--seeds", 1, "--strategy", "random"]
    argv = {
        "predict": ["predict", folder / "model.skops", catalogue, "-o", output],
        "labels": ["export", project, "labels", "-o", output],
        "predictions": ["export", project, "predictions", "-o", output],
        "simulate": [*simulate, "-o", output],
        "plot": [*simulate, "-o", folder / "curves.csv", "--plot", output],
    }[command]
    before = contents(folder)
    assert main([*map(str, argv), *(["--overwrite"] if overwrite else [])]) == 2
    assert "is the catalogue" in capsys.readouterr().err
    assert contents(folder) == before


@pytest.mark.parametrize("how", NAMES)
@pytest.mark.parametrize(
    "what",
    [
        "project.yaml",
        "project.yaml.journal",
        "project.yaml.lock",
        "project.yaml.bak",
        "plugin.py",
        "catalogue.fits",
        "bands.csv",
        "models",
    ],
)
@pytest.mark.parametrize("action", ["export", "simulate", "save"])
def test_no_output_replaces_a_file_of_the_project(folder: Path, what: str, how: str, action: str):
    path = folder / "project.yaml"
    if what == "bands.csv":
        (folder / what).write_text(BANDS)
    with Session.open(path, plugins=[folder / "plugin.py"]) as session:
        if what == "bands.csv":
            pane = session.config.layout.panes[0]
            panes = (pane.model_copy(update={"settings": {"bands": what}}), *session.config.layout.panes[1:])
            session.settings.set_layout(panes)
            session.save()
        target = next((folder / "project.models").iterdir()) if what == "models" else folder / what
        if how in ("symbolic link", "hard link") and not target.exists():
            pytest.skip("there is nothing to link to")
        suffix = {"export": ".csv", "simulate": ".csv", "save": ".yaml"}[action]
        output = disguised(target, how, suffix)
        before = contents(folder)
        if action == "simulate":
            argv = [
                "simulate",
                path,
                "--class",
                "Star",
                "--labels",
                6,
                "--seeds",
                1,
                "--strategy",
                "random",
                "--plugins",
                folder / "plugin.py",
                "-o",
                output,
                "--overwrite",
            ]
            assert main([str(word) for word in argv]) == 2
        elif action == "save" and what == "project.yaml" and output.resolve() == path:
            session.save(output, overwrite=True)  # this is saving the project
            return
        else:
            with pytest.raises(ValueError):
                session.exports.export("labels", output, overwrite=True) if action == "export" else session.save(
                    output, overwrite=True
                )
        assert contents(folder) == before


def test_other_files_are_replaced_only_if_that_was_asked_for(folder: Path, capsys):
    project, model, catalogue = folder / "project.yaml", folder / "model.skops", folder / "catalogue.fits"
    simulate = ["simulate", project, "--class", "Star", "--labels", 6, "--seeds", 1, "--strategy", "random"]
    commands = [
        (["export", project, "labels", "-o"], "x.csv"),
        (["export", project, "predictions", "-o"], "x.csv"),
        (["export", project, "model", "-o"], "x.skops"),
        (["predict", model, catalogue, "-o"], "x.csv"),
        ([*simulate, "-o"], "x.csv"),
        ([*simulate, "-o", folder / "y.csv", "--plot"], "x.png"),
        (["new", catalogue, "--id", "name", "-o"], "x.yaml"),
    ]
    for argv, name in commands:
        output = folder / name
        output.write_text("a file of the user")
        words = [*map(str, argv), str(output)]
        assert main(words) == 2, argv
        assert "exists" in capsys.readouterr().err
        assert output.read_text() == "a file of the user"
        assert main([*words, "--overwrite"]) == 0, capsys.readouterr().err
        assert output.read_bytes() != b"a file of the user"


def test_a_link_that_leads_nowhere_is_a_file_that_exists(folder: Path):
    output = folder / "labels.csv"
    output.symlink_to(folder / "elsewhere.csv")
    assert main(["export", str(folder / "project.yaml"), "labels", "-o", str(output)]) == 2
    assert main(["export", str(folder / "project.yaml"), "labels", "-o", str(output), "--overwrite"]) == 0
    assert not (folder / "elsewhere.csv").exists()
    assert not output.is_symlink()


def test_a_new_project_never_replaces_one_with_labels_in_its_journal_or_that_is_open(folder: Path):
    path = folder / "project.yaml"
    words = ["new", str(folder / "catalogue.fits"), "--id", "name", "-o", str(path), "--overwrite"]
    with Session.open(path) as session:
        session.focus(session.dataset.catalogue.id_at(3))
        session.assign("Star")
        before = contents(folder)
        assert main(words) == 2
        assert contents(folder) == before
    (folder / "project.yaml.journal").write_bytes(before["project.yaml.journal"])
    assert main(words) == 2
    (folder / "project.yaml.journal").unlink()
    assert main(words) == 0
    assert (folder / "project.yaml.bak").exists()


def test_a_copy_replaces_another_project_only_if_that_was_asked_for(folder: Path):
    other = folder / "other.yaml"
    shutil.copy(folder / "project.yaml", other)
    with Session.open(folder / "project.yaml") as session:
        with pytest.raises(ValueError, match="exists"):
            session.save(other)
        session.save(other, overwrite=True)
        with Session.open(other), pytest.raises(ValueError, match="is open"):
            session.save(other, overwrite=True)


def test_models_of_the_user_in_the_folder_of_models_are_kept(folder: Path):
    mine = folder / "project.models" / "mine.skops"
    shutil.copy(folder / "model.skops", mine)
    os.utime(mine, (0, 0))
    change(folder / "project.yaml", models=ModelsConfig(limit_mb=1))
    with Session.open(folder / "project.yaml") as session:
        label_until(session, "Star", 8)
    assert mine.exists()


def test_a_plugin_that_the_config_names_is_an_input(folder: Path):
    change(folder / "project.yaml", plugins=(PluginConfig(name="plugin", path="plugin.py"),))
    with Session.open(folder / "project.yaml") as session:
        assert any(item.path.name == "plugin.py" for item in session.files.inputs())
