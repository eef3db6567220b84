"""What the distribution declares: its name, what it needs, and extras that can be installed."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, packages_distributions, requires
from pathlib import Path

import pytest

from astronomical import __version__
from astronomical.session.project.round_records import environment
from tests.support.without import code_without

requirements = pytest.importorskip("packaging.requirements")
CHECKOUT = Path(__file__).resolve().parents[2]
PROJECT = tomllib.loads((CHECKOUT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
#: Libraries whose internals are patched: their next minor release may break a patch.
PATCHED = ("bokeh", "holoviews", "panel", "panel-material-ui")


def plain(name: str) -> str:
    """Return the name of a distribution as packaging tools compare it."""
    return re.sub(r"[-_.]+", "-", name).lower()


def parsed(lines: list[str]) -> dict[str, requirements.Requirement]:
    return {plain(found.name): found for found in map(requirements.Requirement, lines)}


DEPENDENCIES = parsed(PROJECT["dependencies"])


def test_the_distribution_has_a_name_of_its_own_and_the_command_keeps_its_name():
    assert PROJECT["name"] == "astronomical-lab"
    assert PROJECT["version"] == __version__
    assert PROJECT["scripts"] == {"astronomical": "astronomical.cli:run"}


#: Modules that extras bring.
OF_EXTRAS = {
    "matplotlib": "figures",
    "dask": "large",
    "distributed": "large",
    "torch": "torch",
    "keras": "tensorflow",
    "tensorflow": "tensorflow",
    "umap": "umap",
    "pyvo": "vo",
}


def imported() -> Iterator[str]:
    """Yield the top-level modules that the package imports."""
    for path in (CHECKOUT / "astronomical").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                yield from (alias.name.split(".")[0] for alias in node.names)
            elif isinstance(node, ast.ImportFrom) and not node.level and node.module:
                yield node.module.split(".")[0]


def test_every_import_is_declared():
    owners = packages_distributions()
    # pytest loads the fixtures of the plugin test kit itself.
    outside = set(imported()) - set(sys.stdlib_module_names) - {"astronomical", "pytest"} - set(OF_EXTRAS)
    missing = {module for module in outside if not {plain(name) for name in owners.get(module, [])} & set(DEPENDENCIES)}
    assert missing == set()


def test_everything_is_imported_without_the_extras():
    """What an extra brings is imported where it is used, so that all else works without it."""
    modules = sorted(
        ".".join(path.relative_to(CHECKOUT).with_suffix("").parts)
        for path in (CHECKOUT / "astronomical").rglob("*.py")
        # These start a server or belong to pytest.
        if path.stem not in ("__init__", "__main__", "main", "server_lifecycle") and "testing" not in path.parts
    )
    command = code_without(sorted(OF_EXTRAS), f"import importlib\nfor name in {modules}: importlib.import_module(name)")
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=CHECKOUT)
    assert done.returncode == 0, done.stderr
    assert len(modules) > 200


def test_the_extras_declare_what_they_bring():
    extras = PROJECT["optional-dependencies"]
    assert all(
        any(requirement.startswith(module) for requirement in extras[extra]) for module, extra in OF_EXTRAS.items()
    )


def test_every_dependency_has_a_lower_bound():
    assert [name for name, found in DEPENDENCIES.items() if not any(s.operator == ">=" for s in found.specifier)] == []


def test_libraries_that_are_patched_have_an_upper_bound():
    assert [name for name in PATCHED if not any(s.operator == "<" for s in DEPENDENCIES[name].specifier)] == []


def test_scipy_is_new_enough_for_the_numpy_asked_for():
    """SciPy 1.13 is the first release built for NumPy 2."""
    if DEPENDENCIES["numpy"].specifier.contains("1.26"):
        return
    assert not DEPENDENCIES["scipy"].specifier.contains("1.12.0")


def needed(names: list[str]) -> dict[str, list[str]]:
    """Return what distributions and their own dependencies ask for: per name the specifiers."""
    found: dict[str, list[str]] = {}
    waiting, seen = list(names), set()
    while waiting:
        name = plain(waiting.pop())
        if name in seen:
            continue
        seen.add(name)
        try:
            lines = requires(name) or []
        except PackageNotFoundError:
            continue
        for needs in map(requirements.Requirement, lines):
            if needs.marker is None or needs.marker.evaluate({"extra": ""}):
                found.setdefault(plain(needs.name), []).append(str(needs.specifier))
                waiting.append(needs.name)
    return found


def test_a_project_records_the_version_of_this_package(monkeypatch):
    """Another distribution is called ``astronomical``; its version is not ours."""
    monkeypatch.setattr("astronomical.session.project.round_records.version", lambda name: "99")
    packages = environment.__wrapped__().packages
    assert packages["astronomical"] == __version__
    assert packages["numpy"] == "99"


@pytest.mark.parametrize("extra", PROJECT["optional-dependencies"])
def test_an_extra_asks_for_no_version_that_a_dependency_rules_out(extra):
    core = needed(list(DEPENDENCIES))
    clashes = []
    for name, wanted in parsed(PROJECT["optional-dependencies"][extra]).items():
        pins = re.findall(r"==([\w.]+)(?!\.\*)", ",".join(core.get(name, [])))
        clashes += [
            f"{wanted}, but another dependency pins {pin}"
            for pin in pins
            if not wanted.specifier.contains(pin, prereleases=True)
        ]
    assert clashes == []
