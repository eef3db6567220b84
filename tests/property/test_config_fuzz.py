"""Whatever a config has become on its way, it is opened or refused in words; it hangs, breaks and runs nothing.

``ASTRONOMICAL_FUZZ`` sets the number of cases: some hundreds in every run of the tests, many thousands by hand.
"""

from __future__ import annotations

import os
import random
import traceback
from pathlib import Path

import pytest

from astronomical.catalogue.errors import CatalogueError
from astronomical.config.errors import ConfigError
from astronomical.config.io import read_plain
from astronomical.config.schema import ExtensionConfig
from astronomical.labels.chain import LedgerError
from astronomical.session.errors import SessionError
from astronomical.session.migrate import migrate
from astronomical.session.session import Session
from tests.support.mutations import as_text, mutate_text, mutate_values
from tests.support.projects import label_until, make_project
from tests.support.v1 import v1_config, v1_labels

CASES = int(os.environ.get("ASTRONOMICAL_FUZZ", "300"))
#: What a refusal looks like: errors with words for a person.
REFUSALS = (ConfigError, CatalogueError, SessionError, LedgerError)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a trained project and an old config, both on one small catalogue."""
    folder = tmp_path_factory.mktemp("fuzz")
    path, _ = make_project(folder, n=60)
    with Session.open(path) as session:
        session.start_training("Star", models=[ExtensionConfig(name="knn")])
        label_until(session, "Star", 8)
        session.checkpoint("Star", name="eight")
    old = v1_config("catalogue.fits", classifiers={"0": v1_labels(folder / "catalogue.fits")})
    (folder / "old.json").write_text(as_text(old))
    return folder


def open_quietly(path: Path) -> str:
    """Open a config as the dashboard would, change nothing, and tell what came of it."""
    try:
        with Session.open(path, read_only=True):
            return "opened"
    except REFUSALS as error:
        return _readable(error)


def migrate_quietly(path: Path) -> str:
    """Translate an old config, and tell what came of it."""
    try:
        migrate(path, path.with_name(f"migrated-{path.stem}.yaml"))
    except REFUSALS as error:
        return _readable(error)
    return "opened"


def _readable(error: Exception) -> str:
    text = str(error)
    assert text.strip(), "the refusal says nothing"
    assert len(text) < 5_000, f"nobody reads {len(text)} characters"
    assert "Traceback" not in text
    return "refused"


def run(folder: Path, source: str, kind: str, seed: int) -> str:
    """Make one case, open it, and clean up."""
    rng = random.Random(f"{source} {kind} {seed}")
    original = folder / source
    suffix = original.suffix if kind == "text" else ".json"
    case = folder / f"case{suffix}"
    if kind == "text":
        content = mutate_text(rng, original.read_text(encoding="utf-8"))
    else:
        content = as_text(mutate_values(rng, read_plain(original)))
    case.write_bytes(content.encode("utf-8", "surrogatepass"))
    try:
        return (migrate_quietly if source == "old.json" else open_quietly)(case)
    except Exception as error:
        where = "".join(traceback.format_exception(error)[-6:])
        kept = folder.parent / f"fuzz-{kind}-{seed}{suffix}"
        kept.write_bytes(case.read_bytes())
        pytest.fail(f"{kind} of {source}, seed {seed} ({kept}): {where}", pytrace=False)
    finally:
        case.unlink()
        for made in folder.glob("migrated-*"):
            made.unlink()


@pytest.mark.timeout(60 + CASES // 3)
@pytest.mark.parametrize(("source", "kind", "share"), [
    ("project.yaml", "text", 0.3), ("project.yaml", "values", 0.4), ("old.json", "text", 0.1),
    ("old.json", "values", 0.2)])
def test_a_broken_config_is_opened_or_refused_in_words(folder: Path, source: str, kind: str, share: float):
    cases = range(max(1, int(share * CASES)))
    outcomes = [run(folder, source, kind, seed) for seed in cases]
    assert outcomes.count("refused") > len(outcomes) / 10, "hardly anything was broken: the test proves nothing"
    assert not list(folder.rglob("CANARY*"))
    assert not Path("CANARY").exists()
