from __future__ import annotations

from importlib.metadata import EntryPoint

import pytest

from astronomical.config.schema import PluginConfig
from astronomical.plugins import loader
from astronomical.plugins.consent import Consents
from astronomical.plugins.files import PluginError, find_files, read_file, run_file
from astronomical.plugins.loader import load_plugins
from astronomical.plugins.registry import UnknownExtensionError, builtin_registry
from tests.support.plugin_files import FEATURE, MODEL, canary, write_plugin


def failed(plugins):
    (text,) = plugins.problems
    return text


def test_a_file_that_the_user_names_is_loaded(tmp_path):
    plugins = load_plugins([write_plugin(tmp_path)])
    entry = plugins.registry.find("model", "naive_bayes")
    assert entry.obj(1, smoothing=0.5).var_smoothing == 0.5
    assert entry.plugin.path == tmp_path / "mine.py"
    (report,) = (report for report in plugins.reports if report.name == "naive_bayes")
    assert (report.kind, report.version, report.status) == ("model", "2", "loaded")


def test_a_folder_brings_all_its_files_but_those_with_an_underscore(tmp_path):
    write_plugin(tmp_path)
    write_plugin(tmp_path, FEATURE, "more.py")
    write_plugin(tmp_path, "raise RuntimeError", "_helper.py")
    plugins = load_plugins([tmp_path])
    assert plugins.problems == ()
    assert plugins.registry.find("feature", "mean").extension.option("symbol") == "~"


def test_built_ins_are_listed_and_left_as_they_are(tmp_path):
    before = len(list(builtin_registry()))
    load_plugins([write_plugin(tmp_path)])
    assert len(list(builtin_registry())) == before
    with pytest.raises(UnknownExtensionError):
        builtin_registry().find("model", "naive_bayes")
    assert sum(report.status == "built in" for report in load_plugins().reports) == before


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("x = 1\ny = x / 0\n", "mine.py, line 2: ZeroDivisionError"),
        ("def f(:\n", "mine.py, line 1: SyntaxError"),
        (
            "import no_such_package_anywhere\n",
            "line 1: ModuleNotFoundError: No module named 'no_such_package_anywhere'",
        ),
        ("x = 1\n", "defines no extension"),
        ("import sys\nsys.exit()\n", "line 2: SystemExit"),
    ],
)
def test_a_plugin_that_fails_names_its_line_and_stops_nothing(tmp_path, text, said):
    plugins = load_plugins([write_plugin(tmp_path, text)])
    assert said in failed(plugins)
    assert "knn" in plugins.registry.names("model")


def test_a_name_that_is_taken_names_both_files_and_adds_nothing_of_the_second(tmp_path):
    write_plugin(tmp_path)
    write_plugin(tmp_path, FEATURE + MODEL, "other.py")
    plugins = load_plugins([tmp_path])
    assert "mine.py" in failed(plugins)
    assert "other.py" in failed(plugins)
    assert "mean" not in plugins.registry.names("feature")


def test_a_name_of_a_built_in_is_taken_too(tmp_path):
    path = write_plugin(tmp_path, MODEL.replace('model("naive_bayes"', 'model("knn"'))
    assert "astronomical.learning.models" in failed(load_plugins([path]))


@pytest.mark.parametrize("name", ["absent.py", "table.csv", ""])
def test_what_is_no_plugin_is_refused(tmp_path, name):
    (tmp_path / "table.csv").write_text("a,b\n")
    with pytest.raises(PluginError, match=r"plugin|cannot be read"):
        find_files(tmp_path / name)


def test_the_bytes_that_were_hashed_are_the_bytes_that_run(tmp_path):
    file = read_file(write_plugin(tmp_path))
    path, mark = canary(tmp_path)
    path.replace(file.path)
    run_file(file)
    assert not mark.exists()


def test_a_file_that_a_config_names_runs_with_consent_only(tmp_path):
    path, mark = canary(tmp_path)
    named = [PluginConfig(name="canary", path="canary.py")]
    plugins = load_plugins(named=named, folder=tmp_path)
    assert not mark.exists()
    assert [file.path for file in plugins.untrusted] == [path]
    assert "you have not agreed" in failed(plugins)
    consents = Consents()
    consents.give(plugins.untrusted[0])
    assert load_plugins(named=named, folder=tmp_path, trusts=Consents().has).problems == ()
    assert mark.exists()


def test_consent_is_for_one_content_only(tmp_path):
    path = write_plugin(tmp_path)
    Consents().give(read_file(path))
    assert Consents().has(read_file(path))
    path.write_text(MODEL + "\n# changed\n", encoding="utf-8")
    assert not Consents().has(read_file(path))


def test_a_damaged_file_of_consents_is_no_consent(tmp_path):
    consents = Consents(tmp_path / "consents.json")
    file = read_file(write_plugin(tmp_path))
    for text in ("", "[1]", "{", "\0"):
        consents.path.write_text(text)
        assert not consents.has(file)
    consents.give(file)
    assert consents.has(file)


def test_a_missing_file_or_package_is_named(tmp_path):
    assert "put its file there" in failed(load_plugins(named=[PluginConfig(name="x", path="x.py")], folder=tmp_path))
    assert "needs the package nowhere 3" in failed(load_plugins(named=[PluginConfig(name="nowhere", version="3")]))


def test_the_file_given_by_the_user_serves_the_config_that_names_it(tmp_path):
    path, mark = canary(tmp_path)
    named = [PluginConfig(name="canary", path="canary.py")]
    assert load_plugins([path], named, tmp_path).problems == ()
    assert mark.exists()


def test_an_installed_package_is_found_by_its_entry_points(monkeypatch):
    point = EntryPoint("nb", "tests.unit.plugins.packaged:naive", "astronomical.models")
    broken = EntryPoint("bad", "tests.unit.plugins.absent", "astronomical.plots")
    monkeypatch.setattr(loader, "entry_points", lambda group: [p for p in (point, broken) if p.group == group])
    plugins = load_plugins()
    assert plugins.registry.find("model", "naive").plugin.name == "tests.unit.plugins.packaged"
    assert "absent" in failed(plugins)
