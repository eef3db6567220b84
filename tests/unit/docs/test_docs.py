"""The documentation says what the code does, all of it, and loads nothing from outside."""

from __future__ import annotations

import argparse
import importlib.util
import inspect
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from itertools import pairwise
from pathlib import Path
from types import ModuleType
from typing import Any
from urllib.parse import urlsplit

import numpy as np
import pytest

import astronomical
from astronomical import cli
from astronomical.config.schema import Config
from astronomical.plugins.registry import builtin_registry
from tests.support.projects import write_catalogue

CHECKOUT = Path(__file__).resolve().parents[3]
DOCS = CHECKOUT / "docs"
PAGES = sorted(path for path in DOCS.rglob("*.md") if "_build" not in path.parts)
README = CHECKOUT / "README.md"
#: Where packages, scripts, fonts or badges would come from.
FOREIGN = re.compile(
    r"pypi\.|pythonhosted|anaconda\.org|npmjs|jsdelivr|unpkg|cdnjs|cloudflare|cdn\.|googleapis|"
    r"gstatic|esm\.sh|skypack|shields\.io|badge\.",
    re.IGNORECASE,
)


@cache
def generated() -> ModuleType:
    """Return the Sphinx extension that writes the generated pages; it needs no Sphinx."""
    spec = importlib.util.spec_from_file_location("generated", DOCS / "_ext" / "generated.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def commands() -> dict[str, argparse.ArgumentParser]:
    (action,) = (a for a in cli.make_parser()._actions if isinstance(a, argparse._SubParsersAction))
    return dict(action.choices)


def section_of(command: str) -> str:
    """Return the part of the reference that is about a command."""
    text = (DOCS / "reference" / "command-line.md").read_text(encoding="utf-8")
    head = f"## astronomical {command}\n"
    assert head in text
    return text.split(head)[1].split("\n## ")[0]


@pytest.mark.parametrize("command", commands())
def test_every_argument_of_a_command_is_in_the_reference(command: str):
    section = section_of(command)
    synopsis, table = section.split("```")[1], section.split("```")[2]
    for action in commands()[command]._actions:
        if action.dest in ("help", "debug"):
            continue
        names = action.option_strings or action.choices or [action.metavar]
        assert any(name in synopsis for name in names), f"{names} in the synopsis"
        for name in names:
            assert f"`{name}`" in table, f"{name} in the table"


def test_the_reference_has_no_argument_that_does_not_exist():
    for command, parser in commands().items():
        known = {name for action in parser._actions for name in action.option_strings}
        assert set(re.findall(r"(?<![\w-])--[a-z][a-z-]*", section_of(command))) <= known


def test_the_reference_has_no_command_that_does_not_exist():
    text = (DOCS / "reference" / "command-line.md").read_text(encoding="utf-8")
    assert re.findall(r"^## astronomical ([\w-]+)$", text, re.MULTILINE) == list(commands())


def test_commands_shown_anywhere_can_be_parsed():
    shown = [line for page in [README, *PAGES] for line in command_lines(page)]
    assert len(shown) >= 5
    for words in shown:
        cli.make_parser().parse_args(words)


def command_lines(page: Path) -> Iterator[list[str]]:
    """Yield the arguments of the commands in the code blocks of a page, synopses left out."""
    for block in re.findall(r"^```(?:\w*)\n(.*?)^```", page.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL):
        for line in block.replace("\\\n", " ").splitlines():
            words = line.split("#")[0].split()
            if words[:1] == ["astronomical"] and "[" not in line and "FILE" not in words:
                yield words[1:]


def test_every_key_of_the_project_file_is_in_the_reference():
    sections: dict[str, set[str]] = {}
    for part in re.split(r"^## ", generated().schema_markdown(), flags=re.MULTILINE)[1:]:
        title, _, body = part.partition("\n")
        keys = set(re.findall(r"^\| `(\w+)` \|", body, re.MULTILINE))
        for path in re.findall(r"`([^`]+)`", title) or [""]:
            sections[path] = keys
    schema = Config.model_json_schema(by_alias=True)
    expected = dict(keys_in(schema, schema, ""))
    assert len(expected) > 20
    assert sections == expected


def keys_in(node: Any, schema: Any, path: str) -> Iterator[tuple[str, set[str]]]:
    """Yield the sections of a JSON Schema with their keys."""
    node = schema["$defs"][node["$ref"].split("/")[-1]] if "$ref" in node else node
    for option in node.get("anyOf", []):
        yield from keys_in(option, schema, path)
    if "items" in node:
        yield from keys_in(node["items"], schema, f"{path}[]")
    if isinstance(node.get("additionalProperties"), dict):
        yield from keys_in(node["additionalProperties"], schema, path)
    if "properties" in node:
        yield path, set(node["properties"])
        for name, inner in node["properties"].items():
            yield from keys_in(inner, schema, f"{path}.{name}".lstrip("."))


def test_the_exported_schema_is_that_of_the_config():
    assert json.loads(generated().json_schema()) == Config.model_json_schema(by_alias=True)


def test_everything_built_in_is_in_the_reference():
    text = generated().registry_markdown()
    for kind in ("model", "strategy", "feature"):
        for entry in builtin_registry().entries(kind):
            assert f"**`{entry.extension.name}`**" in text
            for parameter in entry.extension.parameters:
                assert f"| `{parameter.name}` |" in text


@pytest.mark.parametrize("name", ["project-file", "models-and-strategies"])
def test_generated_pages_have_their_mark(name: str):
    mark, _ = generated().PAGES[f"reference/{name}"]
    assert (DOCS / "reference" / f"{name}.md").read_text(encoding="utf-8").count(mark) == 1


def test_every_public_name_is_documented():
    text = (DOCS / "reference" / "api.md").read_text(encoding="utf-8")
    documented = set(re.findall(r"^\.\. (?:auto\w+|py:\w+):: astronomical\.(\w+)$", text, re.MULTILINE))
    assert documented == set(astronomical.__all__)


def test_every_key_of_the_keyboard_is_in_the_reference():
    dialogs = pytest.importorskip("astronomical.dashboard.page.dialogs")
    page = (DOCS / "reference" / "keys.md").read_text(encoding="utf-8")
    shown = [row.split("|")[1].replace(" ", "") for row in page.splitlines() if row.startswith("| ")][1:]
    assert shown == [key.replace(" ", "") for key, _ in dialogs._KEYS]


def pictures_in(page: Path) -> list[Path]:
    text = page.read_text(encoding="utf-8")
    found = re.findall(r"(?:!\[[^\]]*\]\(|```\{(?:image|figure)\} )([^\s)]+)", text)
    return [(page.parent / name).resolve() for name in found]


def test_pictures_and_pages_go_together():
    shown = {path for page in [README, *PAGES] for path in pictures_in(page)}
    assert shown == set((DOCS / "images").iterdir())


def test_pictures_are_small():
    sizes = {path.name: path.stat().st_size for path in (DOCS / "images").iterdir()}
    assert {name: size for name, size in sizes.items() if size >= 400_000} == {}


def test_links_between_files_lead_somewhere():
    for page in [README, *PAGES]:
        for target in re.findall(r"\]\(([^)\s]+)\)", page.read_text(encoding="utf-8")):
            if not urlsplit(target).scheme and not target.startswith("#"):
                assert (page.parent / target.split("#")[0]).exists(), f"{page.name}: {target}"


def test_no_package_registry_and_no_cdn_is_named():
    files = [README, *PAGES, *DOCS.rglob("*.py")]
    files += [path for path in (CHECKOUT / "astronomical").rglob("*") if path.suffix in (".py", ".js", ".css", ".html")]
    named = [
        f"{path.relative_to(CHECKOUT)}: {found[0]}"
        for path in files
        if (found := FOREIGN.search(path.read_text(encoding="utf-8")))
    ]
    assert named == []


def python_snippet() -> str:
    (snippet,) = re.findall(r"^```python\n(.*?)^```", README.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
    return str(snippet)


def test_the_readme_works_without_a_screen(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    monkeypatch.chdir(tmp_path)
    write_catalogue(tmp_path / "sources.fits")
    (command,) = (words for words in command_lines(README) if words[0] == "new")
    assert cli.main(command) == 0
    exec(compile(python_snippet(), "README.md", "exec"), {})
    printed = capsys.readouterr().out
    assert "accuracy" in printed
    with astronomical.open_project("project.yaml", read_only=True) as session:
        assert len(session.training.targets("Star")) == 10
    assert cli.main(["reproduce", "project.yaml"]) == 0


@pytest.mark.slow
def test_the_pages_build_without_warnings_and_load_nothing_from_outside(tmp_path: Path):
    for name in ("sphinx", "myst_parser", "numpydoc", "pydata_sphinx_theme"):
        pytest.importorskip(name)
    build = [
        sys.executable,
        "-m",
        "sphinx",
        "-q",
        "-W",
        "--keep-going",
        "-d",
        str(tmp_path / "cache"),
        "-b",
        "html",
        str(DOCS),
        str(tmp_path / "html"),
    ]
    result = subprocess.run(build, capture_output=True, text=True, check=False, timeout=280)
    assert result.returncode == 0, result.stderr
    assert json.loads((tmp_path / "html" / "reference" / "config.schema.json").read_text(encoding="utf-8"))
    pages = list((tmp_path / "html").rglob("*.html"))
    assert len(pages) > len(PAGES)
    assert [url for page in pages for url in loaded_by(page) if urlsplit(url).netloc] == []
    sheets = (tmp_path / "html").rglob("*.css")
    assert [
        path.name
        for path in sheets
        if re.search(r"(?:url\(|@import )[\"']?(?:https?:)?//", path.read_text(encoding="utf-8"))
    ] == []


def loaded_by(page: Path) -> list[str]:
    """Return the addresses that a browser asks for to draw a page."""
    text = page.read_text(encoding="utf-8")
    return re.findall(r"<(?:script|img|iframe|source|video)\b[^>]*?\ssrc=\"([^\"]+)", text) + re.findall(
        r"<link\b[^>]*?\shref=\"([^\"]+)", text
    )


def test_paths_of_the_package_that_are_named_exist():
    """A table row may name several files in one folder: ``folder/`` first, then names in it."""
    pages = [README, *PAGES, *CHECKOUT.glob("*.md")]
    named = {
        (page.name, path)
        for page in pages
        for line in page.read_text(encoding="utf-8").splitlines()
        for path in paths_in(line)
    }
    assert sorted(where for where in named if not (CHECKOUT / where[1]).exists()) == []


def paths_in(line: str) -> Iterator[str]:
    folder = ""
    for path in re.findall(r"`([\w/.-]+(?:/|\.py))`", line):
        if path.startswith(("astronomical/", "docs/", "tests/")):
            folder = path if path.endswith("/") else path.rpartition("/")[0] + "/"
            yield path
        elif folder and "/" not in path.rstrip("/"):
            yield folder + path


def test_the_glossary_defines_each_word_once():
    lines = (DOCS / "reference" / "glossary.md").read_text(encoding="utf-8").splitlines()
    words = [word.strip() for term, below in pairwise(lines) if below.startswith(": ") for word in term.split(",")]
    assert len(words) > 40
    assert sorted({word for word in words if words.count(word) > 1}) == []


def test_the_scaling_field_says_which_models_depend_on_it():
    """Recommend scaling only for models whose predictions change with it."""
    step = pytest.importorskip("astronomical.dashboard.wizard.learning_step")
    text = inspect.getsource(step).split('label="Scaling"')[1].split("self.missing")[0]
    X = np.random.default_rng(0).normal(size=(60, 2))
    y = (X.sum(axis=1) > 0).astype(int)
    depends = {name: changes_with_scale(name, X, y) for name in ("logistic_regression", "knn")}
    assert depends == {"logistic_regression": False, "knn": True}
    recommended, _, rest = text.partition(".")
    assert "nearest neighbours" in recommended
    assert "logistic regression" in rest


def changes_with_scale(name: str, X: Any, y: Any) -> bool:
    factors = np.array([1.0, 1000.0])
    make = builtin_registry().find("model", name).obj
    plain, scaled = make(0).fit(X, y).predict_proba(X), make(0).fit(X * factors, y).predict_proba(X * factors)
    return not np.allclose(plain, scaled, atol=1e-3)
