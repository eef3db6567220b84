"""What is installed from a wheel: the example is in it, and the dashboard starts from any folder."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import tarfile
import time
import urllib.error
import urllib.request
import zipfile
from pathlib import Path

import pytest


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory, checkout: Path) -> Path:
    """Build the wheel and unpack it into a folder of its own."""
    pytest.importorskip("hatchling", reason="the wheel is built with hatchling")
    folder = tmp_path_factory.mktemp("wheel")
    with zipfile.ZipFile(build(checkout, "wheel", folder)) as archive:
        archive.extractall(folder / "site")
    return folder / "site"


def build(source: Path, kind: str, folder: Path) -> Path:
    """Build a distribution, and return its file."""
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", kind, "-d", str(folder)],
        check=True,
        cwd=source,
        capture_output=True,
    )
    (made,) = folder.glob("*.whl" if kind == "wheel" else "*.tar.gz")
    return made


@pytest.mark.slow
def test_a_wheel_from_the_source_distribution_is_the_same(site, checkout, tmp_path):
    with tarfile.open(build(checkout, "sdist", tmp_path)) as archive:
        archive.extractall(tmp_path, filter="data")
    (source,) = (path for path in tmp_path.iterdir() if path.is_dir())
    assert {"astronomical", "configs", "data", "docs", "tests", "README.md", "LICENSE", "pyproject.toml"} <= {
        path.name for path in source.iterdir()
    }
    with zipfile.ZipFile(build(source, "wheel", tmp_path)) as archive:
        names = set(archive.namelist())
    assert names == {
        str(path.relative_to(site)) for path in site.rglob("*") if path.is_file() and "__pycache__" not in path.parts
    }


def run(site: Path, folder: Path, *command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *command], cwd=folder, env=environment(site), capture_output=True, text=True, check=False
    )


def environment(site: Path) -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(site)}


@pytest.mark.slow
def test_the_example_is_found_in_the_wheel(site, tmp_path):
    code = (
        "import astronomical; from astronomical.session.project.example import example_config; "
        "print(astronomical.__file__); print(example_config())"
    )
    result = run(site, tmp_path, "-c", code)
    module, config = result.stdout.split()
    assert Path(module).is_relative_to(site)
    assert Path(config).is_relative_to(site)
    assert run(site, tmp_path, "-m", "astronomical", "validate", config).returncode == 0


@pytest.mark.slow
def test_everything_that_the_page_needs_is_in_the_wheel(site, checkout):
    package = checkout / "astronomical"
    wanted = {
        path.relative_to(package)
        for path in package.rglob("*.*")
        if path.suffix in {".py", ".js", ".css", ".svg"} and "__pycache__" not in path.parts
    }
    there = {path.relative_to(site / "astronomical") for path in (site / "astronomical").rglob("*.*")}
    assert wanted <= there


@pytest.mark.slow
def test_the_dashboard_starts_from_the_wheel(site, tmp_path):
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "astronomical", "serve", "--no-show", "--port", str(port)]
    server = subprocess.Popen(command, cwd=tmp_path, env=environment(site), stderr=subprocess.DEVNULL)
    try:
        assert status(port, "localhost") == 200
        assert status(port, "elsewhere.example") == 403
    finally:
        server.terminate()
        server.wait()


def status(port: int, host: str) -> int:
    request = urllib.request.Request(f"http://127.0.0.1:{port}/astronomical", headers={"Host": f"{host}:{port}"})
    end = time.monotonic() + 240
    while True:
        try:
            with urllib.request.urlopen(request, timeout=60) as reply:
                return int(reply.status)
        except urllib.error.HTTPError as error:
            return error.code
        except OSError:
            if time.monotonic() > end:
                raise
            time.sleep(0.3)
