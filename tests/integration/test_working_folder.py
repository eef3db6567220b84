"""A file in the working folder, which may have come with a catalogue, is never imported."""

from __future__ import annotations

import importlib.metadata
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.plugin_files import write_plugin

CHECKOUT = Path(__file__).parents[2]
LISTED = "import runpy, sys; print(*{name.partition('.')[0] for name in sys.modules})"


@pytest.fixture(scope="module")
def traps(tmp_path_factory) -> Path:
    """A folder with a file for every package that could be imported, each of which leaves a mark when it is."""
    folder = tmp_path_factory.mktemp("traps")
    # Python itself imports these before it looks for the module that it is to run.
    listed = subprocess.run([sys.executable, "-P", "-c", LISTED], capture_output=True, text=True, check=True)
    installed = {name for name in importlib.metadata.packages_distributions() if name.isidentifier()}
    wanted = {"sitecustomize", "usercustomize", "IPython", "torch", "cupy", "xarray", "dask", "colorama", "rich"}
    ours = {"astronomical", "tests", *listed.stdout.split()}
    for name in (set(sys.stdlib_module_names) | installed | wanted) - ours:
        text = f"open({str(folder / 'imported')!r}, 'a').write({name!r} + chr(10))\nraise ImportError('a trap')\n"
        (folder / f"{name}.py").write_text(text)
    return folder


@pytest.mark.parametrize(
    "words",
    [
        ("-m", "astronomical", "--help"),
        ("-m", "astronomical", "plugins"),
        ("-mastronomical", "plugins"),
        ("-m", "astronomical.plugins.testing", "{plugin}"),
        ("-P", "-m", "astronomical", "plugins"),
    ],
)
def test_no_entry_point_imports_from_the_working_folder(traps: Path, tmp_path: Path, words: tuple[str, ...]):
    plugin = write_plugin(tmp_path)
    command = [sys.executable, *(word.format(plugin=plugin) for word in words)]
    found = subprocess.run(
        command,
        cwd=traps,
        capture_output=True,
        text=True,
        timeout=250,
        check=False,
        env={**os.environ, "PYTHONPATH": str(CHECKOUT)},
    )
    assert not (traps / "imported").exists(), (traps / "imported").read_text()
    assert found.returncode == 0, found.stderr


def test_the_path_stays_as_it_is_when_the_package_is_imported(tmp_path: Path):
    text = "import sys; before = list(sys.path); import astronomical; assert sys.path == before"
    for words in (("-c", text), ("-m", "runs_it")):
        (tmp_path / "runs_it.py").write_text(text)
        subprocess.run(
            [sys.executable, *words],
            cwd=tmp_path,
            check=True,
            timeout=250,
            env={**os.environ, "PYTHONPATH": str(CHECKOUT)},
        )


@pytest.mark.parametrize("name", ["main.py", "server_lifecycle.py"])
def test_what_panel_runs_leaves_only_the_path_that_it_found(name: str):
    """The folder above the package is the working folder of ``panel serve astronomical``."""
    text = (CHECKOUT / "astronomical" / name).read_text(encoding="utf-8")
    begin = text[: text.index("from astronomical.")]
    script = (
        f"import sys; before = list(sys.path); sys.path[:0] = [{str(CHECKOUT / 'astronomical')!r}]\n"
        f"exec(compile({begin!r}, 'begin', 'exec'), {{'__file__': {str(CHECKOUT / 'astronomical' / name)!r}}})\n"
        f"assert 'astronomical' in sys.modules\n"
        "assert sys.path == before, sys.path\n"
        "import astronomical.extend\n"
    )
    subprocess.run([sys.executable, "-P", "-c", script], check=True, timeout=250, cwd=CHECKOUT / "docs")
