"""Every snippet of the documentation is run: those of a page one after another, in a folder of its own.

``sh`` is run as commands, ``python`` in one namespace for each page, ``yaml`` is read as a part of a project, ``toml``
is parsed. A Python block whose first line is a comment with a file name is written to that file. A command whose
comment is ``# exit code 1`` has to end so. What cannot be run here (servers, installation) has no language.
"""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from astronomical import cli
from astronomical.config.parsing import parse_yaml
from astronomical.config.schema import Config
from astronomical.plugins.testing.__main__ import main as kit

DOCS = Path(__file__).resolve().parents[3] / "docs"
PAGES = sorted(path for path in DOCS.rglob("*.md") if "_build" not in path.parts)
_BLOCK = re.compile(r"^```([^\n`]*)\n(.*?)^```", re.MULTILINE | re.DOTALL)
_FILE = re.compile(r"# (\w+\.py)\n")


class Snippet(NamedTuple):
    language: str
    text: str
    line: int


def snippets(page: Path) -> list[Snippet]:
    text = page.read_text(encoding="utf-8")
    return [
        Snippet(found[1].strip(), found[2], text.count("\n", 0, found.start()) + 2) for found in _BLOCK.finditer(text)
    ]


RUN = {page: [s for s in snippets(page) if s.language in ("sh", "python", "yaml", "toml")] for page in PAGES}


@pytest.mark.parametrize(
    "page", [page for page, found in RUN.items() if found], ids=lambda page: str(page.relative_to(DOCS))
)
def test_the_snippets_of_a_page_work(page: Path, page_folder: Path, archives: None):
    if any("astronomical fetch" in snippet.text for snippet in RUN[page]):
        pytest.importorskip("pyvo")
    namespace: dict[str, Any] = {}
    for snippet in RUN[page]:
        where = f"{page.name}, line {snippet.line}"
        if snippet.language == "sh":
            run_commands(snippet.text, where)
        elif snippet.language == "python":
            run_python(snippet, page, namespace, page_folder)
        elif snippet.language == "yaml":
            check_yaml(snippet.text, page_folder)
        else:
            tomllib.loads(snippet.text)


def run_commands(text: str, where: str) -> None:
    for line in text.replace("\\\n", " ").splitlines():
        command, _, comment = line.partition("  #")
        words = shlex.split(command)
        if not words:
            continue
        expected = int(comment.rpartition("exit code ")[2]) if "exit code" in comment else 0
        if words[0] == "astronomical":
            code = cli.main(words[1:])
        elif words[:3] == ["python", "-m", "astronomical.plugins.testing"]:
            code = kit(words[3:])
        elif words[0] == "pytest":
            code = subprocess.run(
                [sys.executable, "-m", *words, "-q", "-p", "no:cacheprovider"], check=False, capture_output=True
            ).returncode
        else:
            pytest.fail(f"{where}: no test knows how to run {words[0]}; a block that is not to be run has no language")
        assert code == expected, f"{where}: {command}"


def run_python(snippet: Snippet, page: Path, namespace: dict[str, Any], folder: Path) -> None:
    named = _FILE.match(snippet.text)
    if named is not None:
        with (folder / named[1]).open("a", encoding="utf-8") as file:
            file.write(snippet.text + "\n")
        return
    exec(compile("\n" * (snippet.line - 1) + snippet.text, str(page), "exec"), namespace)


def check_yaml(text: str, folder: Path) -> None:
    """Read a block as sections of the project; a list is one of surveys."""
    project = parse_yaml((folder / "project.yaml").read_text(encoding="utf-8"))
    part = parse_yaml(text if not text.lstrip().startswith("- ") else f"services:\n  surveys:\n{text}")
    for section, keys in part.items():
        project[section] = {**project.get(section, {}), **keys}
    Config.model_validate(project)


#: Commands that open the dashboard, need the network, a trained project on a large catalogue, or public tables that
#: are not part of the project.
_NOT_RUN = (
    "astronomical ask-whole",
    "astronomical serve",
    "astronomical fetch",
    "astronomical known-classes",
    "astronomical new sdss_dr14_10k.csv",
    "astronomical new muwclass_cscv2_td.csv",
    "astronomical new HTRU_2.csv",
    "astronomical benchmark sdss.yaml",
)


def test_a_command_that_can_be_run_is_run():
    """Commands outside of ``sh`` blocks are those that no test can run."""
    missed = [
        f"{page.name}, line {snippet.line}: {line}"
        for page in PAGES
        if page.stem != "command-line"
        for snippet in snippets(page)
        if snippet.language in ("", "text", "console", "bash")
        for line in snippet.text.splitlines()
        if line.startswith("astronomical ") and not line.startswith(_NOT_RUN)
    ]
    assert missed == []


def test_languages_are_known():
    known = {"", "sh", "python", "yaml", "toml", "text", "bibtex"}
    assert {s.language for page in PAGES for s in snippets(page) if not s.language.startswith("{")} <= known
