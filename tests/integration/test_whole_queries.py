"""Ask the whole of a catalogue that is larger than the memory: the same answers for any files and any workers."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

from astronomical.catalogue.errors import CatalogueError
from astronomical.catalogue.hashing import derive_seed, hash_ids
from astronomical.catalogue.readers.parquet_parts import PartsSource
from astronomical.cli import main
from astronomical.config.io import read_config
from astronomical.config.schema import ExtensionConfig
from astronomical.learning.ranking import best_first
from astronomical.learning.scoring import Cancelled
from astronomical.session import Session
from astronomical.session.errors import SessionError
from astronomical.session.project.outputs import OutputError
from astronomical.session.whole import parts
from astronomical.session.whole.part_runner import Workforce
from astronomical.session.whole.queries import WholeQueries
from tests.support.large import make_rows, write_hats, write_parts
from tests.support.parts import needs_dask
from tests.support.projects import answer, start_small

NEW = ("--id", "name", "--label", "label", "--features", "u,g,r,i", "--seed", "3")
FORMS = ("one.parquet", "seven", "hats")


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with one catalogue in several forms, and a project on one of them with a trained learner."""
    folder = tmp_path_factory.mktemp("made")
    rows = make_rows(folder)
    pq.write_table(rows, folder / "one.parquet")
    write_parts(rows, folder / "seven", 7, seed=2)
    write_hats(rows, folder / "hats")
    for name, more in (("p", ("--working-set", "120")), ("all", ())):
        assert main(["new", str(folder / "seven"), "-o", str(folder / f"{name}.yaml"), *NEW, *more]) == 0
        with Session.open(folder / f"{name}.yaml") as session:
            start_small(session, "0", n=6)
            answer(session, "0")
            session.audits.draw(5)
            session.save()
    return folder


def project_on(made: Path, form: str, folder: Path) -> Path:
    """Copy the project, with a catalogue in another form."""
    text = (made / "p.yaml").read_text(encoding="utf-8")
    (folder / "p.yaml").write_text(text.replace("path: seven", f"path: {made / form}"), encoding="utf-8")
    return folder / "p.yaml"


def ask(path: Path, n: int = 10, workforce: Workforce | None = None) -> WholeQueries:
    with Session.open(path, read_only=True) as session:
        return session.whole.queries("0", n, workforce)


def expected(made: Path, n: int) -> list[str]:
    """Return the most uncertain sources outside the working set, from the predictions of all sources in memory."""
    with Session.open(made / "p.yaml", read_only=True) as session:
        known = {id.decode() for id in session.dataset.catalogue.ids.tolist()}
        k, missing = session.round("0").k, session.config.features.missing
    assert missing != "drop"
    main(["export", str(made / "p.yaml"), "model", "-o", str(made / "m.skops"), "--overwrite"])
    main(["predict", str(made / "m.skops"), str(made / "one.parquet"), "-o", str(made / "t.parquet"), "--overwrite"])
    found = [row for row in pq.read_table(made / "t.parquet").to_pylist() if row["id"] not in known]
    found.sort(key=lambda row: row["id"].encode())
    ids = np.array([row["id"].encode() for row in found])
    p = np.array([row["p_0"] for row in found], dtype=np.float64)
    order = hash_ids(ids, derive_seed(3, "query", "0", k))
    return [ids[place].decode() for place in best_first(1 - np.maximum(p, 1 - p), order, n)]


@pytest.mark.parametrize("form", FORMS)
def test_the_best_sources_do_not_depend_on_the_files(
    made: Path, tmp_path: Path, form: str, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(parts, "PART_ROWS", 25)
    found = ask(project_on(made, form, tmp_path), 12)
    assert list(found.ids) == expected(made, 12)
    assert list(found.utilities) == sorted(found.utilities, reverse=True)


@needs_dask
@pytest.mark.slow
def test_two_workers_find_the_same(made: Path):
    assert ask(made / "p.yaml", 12, Workforce(2)) == ask(made / "p.yaml", 12)


def test_added_sources_are_queried_recorded_and_reproduced(
    made: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    path = project_on(made, "seven", tmp_path)
    with Session.open(path) as session:
        before, best = session.dataset, session.whole.queries("0", 10)
        held_out = before.catalogue.ids[before.split.validation].tolist()
        session.whole.ask("0", 10)
        data = session.dataset
        assert data.catalogue.n_rows == 130
        assert all(data.split.training[data.catalogue.row(id)] for id in best.ids)
        assert data.catalogue.ids[data.split.validation].tolist() == held_out, "the sets of the others stay the same"
        assert session.query("0") in best.ids
        id = answer(session, "0")
        assert id in best.ids
        session.save()
        queries = session.round("0").queries
    recorded = read_config(path).catalogue.working_set
    assert recorded is not None
    assert [(item.class_name, item.ids) for item in recorded.added] == [("0", best.ids)]
    with Session.open(path) as session:
        assert session.round("0").queries == queries
        assert "has changed" not in " ".join(notice.text for notice in session.state.notices)
    assert main(["reproduce", str(path)]) == 0, capsys.readouterr().out
    assert main(["reproduce", str(path), "--catalogue", str(made / "hats")]) == 0


def test_the_command_adds_sources(made: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    path = project_on(made, "one.parquet", tmp_path)
    assert main(["ask-whole", str(path), "--class", "0", "-n", "7"]) == 0
    assert "7 sources added for 0; 127 of 300 sources are in the working set" in capsys.readouterr().out
    assert main(["ask-whole", str(path), "--class", "0", "-n", "7"]) == 0
    assert "134 of 300 sources" in capsys.readouterr().out
    assert main(["reproduce", str(path)]) == 0


def test_scope_and_excluded_classes_are_not_asked(made: Path, tmp_path: Path):
    path = project_on(made, "seven", tmp_path)
    bright = {row["name"] for row in pq.read_table(made / "one.parquet").to_pylist() if (row["r"] or 99) < 20}
    with Session.open(path) as session:
        config = session.state.config
        population = config.population.model_copy(update={"askable": "r < 20"})
        split = config.split.model_copy(update={"drop": ("2",)})
        session.settings.change(config.model_copy(update={"population": population, "split": split}))
        found = session.whole.queries("0", 40)
    labels = {row["name"]: row["label"] for row in pq.read_table(made / "one.parquet").to_pylist()}
    assert found.ids
    assert set(found.ids) <= bright
    assert "2" not in {str(labels[id]) for id in found.ids}


def test_a_search_can_be_cancelled(made: Path):
    with Session.open(made / "p.yaml", read_only=True) as session, pytest.raises(Cancelled):
        session.whole.queries("0", cancelled=lambda: True)


def test_what_cannot_be_asked_says_why(made: Path, tmp_path: Path):
    with Session.open(made / "all.yaml", read_only=True) as session:
        assert not session.whole.is_larger
        with pytest.raises(SessionError, match="in memory already"):
            session.whole.queries("0")
    with Session.open(project_on(made, "seven", tmp_path)) as session:
        assert session.whole.is_larger
        with pytest.raises(SessionError, match="between 1 and 10,000"):
            session.whole.ask("0", 0)
        with pytest.raises(SessionError, match="not trained yet"):
            session.whole.ask("1")
        session.training.start("0", strategy=ExtensionConfig(name="density"))
        with pytest.raises(SessionError, match="compares sources with each other"):
            session.whole.ask("0")
        mixed = ExtensionConfig(name="likely", parameters={"uncertain": 0.5})
        session.training.start("0", strategy=mixed)
        with pytest.raises(SessionError, match="compares sources with each other"):
            session.whole.queries("0")
        assert session.state.config.catalogue.working_set.added == ()


@pytest.mark.parametrize("form", FORMS)
def test_all_sources_are_counted_in_plots_for_any_files(
    made: Path, tmp_path: Path, form: str, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("ASTRONOMICAL_HOME", str(tmp_path / "home"))
    monkeypatch.setattr(parts, "PART_ROWS", 40)
    rows = pq.read_table(made / "one.parquet").to_pandas()
    view = {"x_range": (16.0, 21.0), "y_range": (15.0, 20.0), "width": 7, "height": 5}
    with Session.open(project_on(made, form, tmp_path), read_only=True) as session:
        found = session.whole.counts("u", "r", **view)
        assert session.whole.counts("u", "r", width=3, height=2).counts.shape == (4, 2, 3)
        with pytest.raises(SessionError, match="has no numbers"):
            session.whole.counts("u", "name")
        with pytest.raises(CatalogueError, match="nothing"):
            session.whole.counts("u", "nothing")
        # The second time, the files are not read.
        monkeypatch.setattr(PartsSource, "parts", lambda self: pytest.fail("the files are read"))
        again = session.whole.counts("u", "r", **view)
    assert found.names == ("0", "1", "2", "unknown")
    for place, label in enumerate((0, 1, 2, -1)):
        some = rows[rows["label"] == label]
        expected, _, _ = np.histogram2d(some["r"], some["u"], bins=(5, 7), range=((15, 20), (16, 21)))
        assert found.counts[place].tolist() == expected.tolist()
    assert np.array_equal(again.counts, found.counts)


def test_all_sources_are_predicted_by_a_session(made: Path, tmp_path: Path):
    with Session.open(project_on(made, "seven", tmp_path)) as session:
        session.whole.predict(tmp_path / "out")
        text = session.state.notices[-1].text
        with pytest.raises(SessionError, match="without a dot"):
            session.whole.predict(tmp_path / "out.parquet")
        with pytest.raises(OutputError, match="exists"):
            session.whole.predict(tmp_path / "out")
        with pytest.raises(OutputError, match="in the folder of the catalogue"):
            session.whole.predict(made / "seven" / "out")
    predicted = pq.read_table(tmp_path / "out")["predicted"].to_pylist()
    assert len(predicted) == 300
    assert text.endswith(f"Predicted as 0 {predicted.count('0')}.")
