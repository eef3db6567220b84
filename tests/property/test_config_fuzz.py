"""Whatever a config has become on its way, it is opened or refused in words; it hangs, breaks and runs nothing.

``ASTRONOMICAL_FUZZ`` sets the number of cases: some hundreds in every run of the tests, many thousands by hand.
``ASTRONOMICAL_FUZZ_FIRST`` continues a campaign after so many cases.
"""

from __future__ import annotations

import os
import random
import traceback
from pathlib import Path

import pytest

from astronomical.catalogue.errors import CatalogueError
from astronomical.config.errors import ConfigError
from astronomical.config.io import parse_config, read_plain
from astronomical.config.schema import ExtensionConfig
from astronomical.labels.hash_chain import FIRST_CHECK, LedgerError
from astronomical.labels.journal_reader import JournalError, event_line, header_line, read_journal
from astronomical.session import Session
from astronomical.session.errors import SessionError
from astronomical.session.project.migrate import migrate
from tests.support.campaigns import cases
from tests.support.mutations import as_text, mutate_text, mutate_values
from tests.support.projects import label_until, make_project
from tests.support.v1 import v1_config, v1_labels

CASES = int(os.environ.get("ASTRONOMICAL_FUZZ", cases(60, 300)))
FIRST = int(os.environ.get("ASTRONOMICAL_FUZZ_FIRST", "0"))
pytestmark = pytest.mark.campaign
#: What a refusal looks like: errors with words for a person.
REFUSALS = (ConfigError, CatalogueError, SessionError, LedgerError, JournalError)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a trained project and an old config, both on one small catalogue."""
    folder = tmp_path_factory.mktemp("fuzz")
    path, _ = make_project(folder, n=60)
    with Session.open(path) as session:
        session.training.start("Star", models=[ExtensionConfig(name="knn")])
        label_until(session, "Star", 8)
        session.models.checkpoint("Star", name="eight")
    old = v1_config("catalogue.fits", classifiers={"0": v1_labels(folder / "catalogue.fits")})
    (folder / "old.json").write_text(as_text(old))
    (folder / "project.json").write_text(as_text(read_plain(path)))
    events = [event.model_copy() for event in parse_config((folder / "project.yaml").read_text()).events]
    (folder / "whole.journal").write_bytes(header_line(FIRST_CHECK) + b"".join(map(event_line, events)))
    return folder


def open_quietly(path: Path) -> str:
    """Open a project as the dashboard would, change nothing, and tell what came of it."""
    try:
        with Session.open(path, read_only=True):
            return "opened"
    except REFUSALS as error:
        return _readable(error)


def read_journal_quietly(path: Path) -> str:
    """Read a journal, and tell what came of it."""
    try:
        read_journal(path)
    except REFUSALS as error:
        return _readable(error)
    return "opened"


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
    suffix = ".json" if kind == "values" else original.suffix
    case = folder / f"case{suffix}"
    if kind == "text":
        content = mutate_text(rng, original.read_text(encoding="utf-8"))
    elif kind == "journal beside":
        # The config is whole, and holds none of the events.
        content = mutate_text(rng, (folder / "whole.journal").read_text(encoding="utf-8"))
        case.with_name(case.name + ".journal").write_bytes(content.encode("utf-8", "surrogatepass"))
        content = as_text({**read_plain(original), "events": []})
    else:
        content = as_text(mutate_values(rng, read_plain(original)))
    case.write_bytes(content.encode("utf-8", "surrogatepass"))
    reader = migrate_quietly if source == "old.json" else open_quietly
    try:
        return (read_journal_quietly if suffix == ".journal" else reader)(case)
    except Exception as error:
        where = "".join(traceback.format_exception(error)[-6:])
        kept = folder.parent / f"fuzz-{kind}-{seed}{suffix}"
        kept.write_bytes(case.read_bytes())
        pytest.fail(f"{kind} of {source}, seed {seed} ({kept}): {where}", pytrace=False)
    finally:
        case.unlink()
        case.with_name(case.name + ".journal").unlink(missing_ok=True)
        for made in folder.glob("migrated-*"):
            made.unlink()


@pytest.mark.timeout(60 + CASES // 3)
@pytest.mark.parametrize(
    ("source", "kind", "share"),
    [
        ("project.yaml", "text", 0.2),
        ("project.json", "text", 0.2),
        ("project.yaml", "values", 0.2),
        ("old.json", "text", 0.1),
        ("old.json", "values", 0.1),
        ("whole.journal", "text", 0.1),
        ("project.json", "journal beside", 0.1),
    ],
)
def test_a_broken_config_is_opened_or_refused_in_words(folder: Path, source: str, kind: str, share: float):
    first = int(share * FIRST)
    cases = range(first, first + max(1, int(share * CASES)))
    outcomes = [run(folder, source, kind, seed) for seed in cases]
    # A project with a damaged journal beside it is mostly opened, read-only.
    few = 100 if kind == "journal beside" else 10
    assert outcomes.count("refused") > len(outcomes) / few, "hardly anything was broken: the test proves nothing"
    assert not list(folder.rglob("CANARY*"))
    assert not Path("CANARY").exists()
