"""`predict` on Parquet catalogues that are larger than the memory: part by part, here and on Dask."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from pyarrow import csv

from astronomical.cli import main
from astronomical.learning.scoring import Cancelled
from astronomical.session import Session
from astronomical.session.errors import SessionError
from astronomical.session.export.model_bundle import load_model
from astronomical.session.whole import parts, predictions
from astronomical.session.whole.predictions import SUMMARY, predict_whole
from tests.support.large import make_rows, write_hats, write_parts
from tests.support.parts import Scheduler, needs_dask
from tests.support.projects import answer, start_small

NEW = ("--id", "name", "--label", "label", "--features", "u,g,r,i", "--working-set", "150")


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with one catalogue in several forms, a model, and its predictions made in memory."""
    folder = tmp_path_factory.mktemp("made")
    rows = make_rows(folder)
    pq.write_table(rows, folder / "one.parquet")
    write_parts(rows, folder / "seven", 7, seed=2)
    write_parts(rows, folder / "hundred", 100)
    write_hats(rows, folder / "hats")
    assert main(["new", str(folder / "seven"), "-o", str(folder / "p.yaml"), *NEW]) == 0
    with Session.open(folder / "p.yaml") as session:
        for name in ("0", "1"):
            start_small(session, name)
            answer(session, name)
        session.save()
    assert main(["export", str(folder / "p.yaml"), "model", "-o", str(folder / "m.skops")]) == 0
    assert main(["predict", str(folder / "m.skops"), str(folder / "one.parquet"), "-o", str(folder / "p.parquet")]) == 0
    return folder


def by_id(path: Path) -> dict[str, dict[str, object]]:
    rows = pq.read_table(path).to_pylist()
    found = {row["id"]: row for row in rows}
    assert len(found) == len(rows)
    return found


def left_over(folder: Path) -> list[str]:
    return sorted(item.name for item in folder.iterdir() if item.name != "catalogue")


@pytest.mark.parametrize("form", ["one.parquet", "seven", "hundred", "hats", "seven/part-*.parquet"])
def test_the_predictions_do_not_depend_on_the_files(
    made: Path, tmp_path: Path, form: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    monkeypatch.setattr(parts, "PART_ROWS", 40)
    assert main(["predict", str(made / "m.skops"), str(made / form), "-o", str(tmp_path / "out")]) == 0
    assert by_id(tmp_path / "out") == by_id(made / "p.parquet")
    assert left_over(tmp_path) == ["out"]
    counts = json.loads((tmp_path / "out" / SUMMARY).read_text(encoding="utf-8"))["predicted"]
    predicted = pq.read_table(tmp_path / "out")["predicted"].to_pylist()
    assert counts == {name: predicted.count(name) for name in sorted({*predicted, "0", "1"} - {""})}
    assert f"300 sources, predicted as 0 {counts['0']}" in capsys.readouterr().out


def test_the_rows_are_in_the_order_of_the_catalogue(made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(parts, "PART_ROWS", 25)
    names = pq.read_table(made / "seven")["name"].to_pylist()
    assert main(["predict", str(made / "m.skops"), str(made / "seven"), "-o", str(tmp_path / "out")]) == 0
    assert pq.read_table(tmp_path / "out")["id"].to_pylist() == names
    assert main(["predict", str(made / "m.skops"), str(made / "seven"), "-o", str(tmp_path / "n"), "--id", "row"]) == 0
    assert pq.read_table(tmp_path / "n")["id"].to_pylist() == [str(n) for n in range(1, 301)]


@needs_dask
def test_two_workers_predict_the_same(made: Path, tmp_path: Path):
    command = ["predict", str(made / "m.skops"), str(made / "seven"), "-o", str(tmp_path / "out"), "--workers", "2"]
    assert main(command) == 0
    assert by_id(tmp_path / "out") == by_id(made / "p.parquet")
    assert left_over(tmp_path) == ["out"]


@needs_dask
@pytest.mark.slow
def test_the_workers_of_a_cluster_predict_the_same(made: Path, tmp_path: Path):
    scheduler = Scheduler(tmp_path)
    try:
        command = ["predict", str(made / "m.skops"), str(made / "hats"), "-o", str(tmp_path / "out")]
        assert main([*command, "--cluster", scheduler.address]) == 0
    finally:
        scheduler.stop()
    assert by_id(tmp_path / "out") == by_id(made / "p.parquet")


def test_one_worker_needs_no_dask(made: Path, tmp_path: Path):
    command = ["predict", str(made / "m.skops"), str(made / "seven"), "-o", str(tmp_path / "out")]
    code = f"import sys; from astronomical.cli import main; assert main({command}) == 0; print(sorted(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "'pyarrow'" in done.stdout
    assert "'distributed'" not in done.stdout, "scikit-learn imports dask.array where it is installed, but not this"


def test_a_damaged_part_is_named_and_nothing_is_left(made: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    rows = pq.read_table(made / "one.parquet")
    catalogue = write_parts(rows, tmp_path / "catalogue", 3)
    path = catalogue / "part-001.parquet"
    content = bytearray(path.read_bytes())
    content[4:400] = b"\xff" * 396
    path.write_bytes(content)
    assert main(["predict", str(made / "m.skops"), str(catalogue), "-o", str(tmp_path / "out")]) == 2
    assert "part-001.parquet cannot be read" in capsys.readouterr().err
    assert left_over(tmp_path) == []


def test_a_full_disk_leaves_nothing_that_looks_whole(made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    n_written = 0
    write = predictions.write_columns

    def fill(*args: object, **options: object) -> None:
        nonlocal n_written
        n_written += 1
        (full if n_written > 3 else write)(*args, **options)  # type: ignore[operator]

    monkeypatch.setattr(predictions, "write_columns", fill)
    with pytest.raises(SessionError, match=r"out cannot be written: No space left on device"):
        predict_whole(load_model(made / "m.skops"), made / "seven", tmp_path / "out")
    assert n_written > 3
    assert left_over(tmp_path) == []


def test_cancelling_leaves_nothing(made: Path, tmp_path: Path):
    seen: list[float] = []
    with pytest.raises(Cancelled):
        predict_whole(
            load_model(made / "m.skops"),
            made / "seven",
            tmp_path / "out",
            cancelled=lambda: len(seen) > 1,
            progress=seen.append,
        )
    assert 0 < seen[0] < seen[-1] < 1
    assert left_over(tmp_path) == []


def test_only_a_folder_of_predictions_is_replaced(made: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    out = tmp_path / "out"
    command = ["predict", str(made / "m.skops"), str(made / "seven"), "-o", str(out)]
    out.mkdir()
    (out / "thesis.tex").write_text("words")
    assert main(command) == 2
    assert main([*command, "--overwrite"]) == 2
    assert "is not a folder of predictions, so it is not replaced" in capsys.readouterr().err
    assert (out / "thesis.tex").read_text() == "words"
    (out / "thesis.tex").rename(tmp_path / "thesis.tex")
    out.rmdir()
    assert main(command) == 0
    (out / "part-old.parquet").write_bytes(b"")
    assert main(command) == 2
    assert main([*command, "--overwrite"]) == 0
    assert by_id(out) == by_id(made / "p.parquet")
    assert left_over(tmp_path) == ["out", "thesis.tex"]


@pytest.mark.parametrize(
    ("change", "options", "words"),
    [
        ("csv", (), "is not a Parquet catalogue, so it cannot be predicted in parts"),
        ("drop", (), "The model needs 'r', and catalogue has no such column"),
        ("", ("--id", "nothing"), "has no column 'nothing'"),
        ("", ("--join", "x.npy"), "--join and --table need a table as output"),
        ("inside", (), "is in the folder of the catalogue"),
        ("nowhere", (), "The folder .* does not exist"),
    ],
)
def test_what_cannot_be_predicted_says_why(
    made: Path, tmp_path: Path, change: str, options: tuple[str, ...], words: str, capsys: pytest.CaptureFixture[str]
):
    rows = pq.read_table(made / "one.parquet")
    catalogue = write_parts(rows.drop(["r"]) if change == "drop" else rows, tmp_path / "catalogue", 2)
    if change == "csv":
        catalogue = tmp_path / "t.csv"
        csv.write_csv(rows, catalogue)
    where = {"inside": catalogue / "out", "nowhere": tmp_path / "no" / "out"}.get(change, tmp_path / "out")
    capsys.readouterr()
    assert main(["predict", str(made / "m.skops"), str(catalogue), "-o", str(where), *options]) == 2
    said = capsys.readouterr().err
    assert re.search(words, said), said
    assert not where.exists()


def test_workers_need_a_folder(made: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    command = ["predict", str(made / "m.skops"), str(made / "seven"), "-o", str(tmp_path / "p.fits"), "--workers", "2"]
    assert main(command) == 2
    assert "--workers and --cluster need a folder as output" in capsys.readouterr().err
