"""`astronomical benchmark`: what it writes, how it continues, and what it refuses."""

from __future__ import annotations

import json
import shlex
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from astropy.table import Table

from astronomical.cli import main
from tests.support.parts import Scheduler, needs_dask
from tests.support.projects import make_project, write_catalogue

PAGE = Path(__file__).parents[2] / "docs" / "explanation" / "label-efficiency.md"
OPTIONS = ("--strategy", "random,uncertainty", "--model", "knn", "--labels", "9", "--seeds", "2")
Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def projects(tmp_path: Path) -> list[Path]:
    """Two projects with two and three classes to learn."""
    for name, classes in (("north", ("Star", "Galaxy")), ("south", ("QSO",))):
        (tmp_path / name).mkdir()
        make_project(tmp_path / name, name=f"{name}.yaml", classes=classes)
    return [tmp_path / "north" / "north.yaml", tmp_path / "south" / "south.yaml"]


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    def call(*words: object) -> tuple[int, str, str]:
        code = main(["benchmark", *map(str, words)])
        return code, *capsys.readouterr()

    return call


def lines(path: Path) -> list[dict]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def test_each_class_is_a_task_and_each_combination_a_method(run: Run, projects: list[Path], tmp_path: Path):
    output, tasks = tmp_path / "b.ecsv", tmp_path / "t.csv"
    words = (*projects, *OPTIONS, "--start", "random:4,diverse", "-o", output, "--tasks", tasks)
    code, out, err = run(*words, "--plot", tmp_path / "b.png")
    assert (code, err) == (0, "")
    assert "3 tasks, 24 runs" in out
    assert "uncertainty, knn, diverse:5: " in out
    assert "There are only 3 tasks" in out

    assert (tmp_path / "b.png").read_bytes().startswith(b"\x89PNG")
    table = Table.read(output)
    chosen = table[(table["score"] == "average_precision") & (table["measure"] == "end")]
    assert [tuple(row) for row in chosen["strategy", "start"]] == [
        ("random", "random:4"),
        ("uncertainty", "random:4"),
        ("random", "diverse:5"),
        ("uncertainty", "diverse:5"),
    ]
    assert set(chosen["n_runs"]) == {6}
    assert np.isclose(sum(chosen["rank"]), 1 + 2 + 3 + 4)
    by_task = Table.read(tasks)
    assert {tuple(row) for row in by_task["project", "class"]} == {
        ("north", "Star"),
        ("north", "Galaxy"),
        ("south", "QSO"),
    }
    # The mean over all tasks is that of the tasks.
    mine = by_task[
        (by_task["score"] == "f1")
        & (by_task["measure"] == "curve")
        & (by_task["strategy"] == "uncertainty")
        & (by_task["start"] == "random:4")
    ]
    row = table[
        (table["score"] == "f1")
        & (table["measure"] == "curve")
        & (table["strategy"] == "uncertainty")
        & (table["start"] == "random:4")
    ]
    assert np.isclose(row["mean"][0], np.mean(mine["mean"]), atol=1e-5)


def test_the_runs_are_those_of_simulate(run: Run, projects: list[Path], tmp_path: Path):
    assert run(projects[0], *OPTIONS, "--class", "Star", "-o", tmp_path / "b.csv")[0] == 0
    words = ["simulate", str(projects[0]), "--class", "Star", *OPTIONS, "-o", str(tmp_path / "curves.csv")]
    assert main(words) == 0
    curves = Table.read(tmp_path / "curves.csv")
    for line in lines(tmp_path / "b.runs.jsonl")[1:]:
        mine = curves[(curves["strategy"] == line["strategy"]) & (curves["seed"] == line["seed"])]
        assert line["curve"]["n_labels"] == mine["n_labels"].tolist()
        assert np.allclose(line["curve"]["accuracy"], mine["accuracy"], atol=1e-6)


def test_a_benchmark_goes_on_where_it_was_stopped(run: Run, projects: list[Path], tmp_path: Path):
    runs = tmp_path / "b.runs.jsonl"
    assert run(*projects, *OPTIONS, "-o", tmp_path / "b.csv")[0] == 0
    expected, all_runs = (tmp_path / "b.csv").read_text(), lines(runs)
    kept = runs.read_bytes().splitlines(keepends=True)[:5]
    runs.write_bytes(b"".join(kept) + b'{"project": "north", "cla')  # killed while it wrote
    assert run(*projects, *OPTIONS, "-o", tmp_path / "b.csv", "--overwrite")[0] == 0
    assert runs.read_bytes().startswith(b"".join(kept))
    assert lines(runs) == all_runs
    assert (tmp_path / "b.csv").read_text() == expected


def test_more_seeds_need_only_the_new_runs(run: Run, projects: list[Path], tmp_path: Path):
    runs = tmp_path / "b.runs.jsonl"
    assert run(projects[1], *OPTIONS, "-o", tmp_path / "b.csv")[0] == 0
    before = runs.read_bytes()
    assert run(projects[1], *OPTIONS[:-1], "3", "-o", tmp_path / "b.csv", "--overwrite")[0] == 0
    assert runs.read_bytes().startswith(before)
    assert [line["seed"] for line in lines(runs)[5:]] == [2, 2]


def test_runs_of_another_table_or_version_are_not_continued(run: Run, projects: list[Path], tmp_path: Path):
    output, runs = tmp_path / "b.csv", tmp_path / "b.runs.jsonl"
    assert run(projects[1], *OPTIONS, "-o", output)[0] == 0
    content = runs.read_text()

    runs.write_text(content.replace('"scikit-learn": "', '"scikit-learn": "0.'))
    code, _, err = run(projects[1], *OPTIONS, "-o", output, "--overwrite")
    assert code == 2
    assert "other versions: scikit-learn 0." in err
    assert "--restart" in err

    runs.write_text(content)
    write_catalogue(projects[1].parent / "catalogue.fits", seed=2)
    code, _, err = run(projects[1], *OPTIONS, "-o", output, "--overwrite")
    assert code == 2
    assert "runs of QSO of south from other data" in err
    assert runs.read_text() == content

    assert run(projects[1], *OPTIONS, "-o", output, "--overwrite", "--restart")[0] == 0
    assert len(lines(runs)) == 1 + 4


def test_a_damaged_line_is_named(run: Run, projects: list[Path], tmp_path: Path):
    runs = tmp_path / "b.runs.jsonl"
    assert run(projects[1], *OPTIONS, "-o", tmp_path / "b.csv")[0] == 0
    kept = runs.read_bytes().splitlines(keepends=True)
    for bad in (b"[]\n", b"{}\n", b"\xff\n", kept[2].replace(b'"n_labels": [5, ', b'"n_labels": [')):
        runs.write_bytes(b"".join([*kept[:2], bad, *kept[3:]]))
        code, _, err = run(projects[1], *OPTIONS, "-o", tmp_path / "b.csv", "--overwrite")
        assert code == 2
        assert "b.runs.jsonl, line 3: this is not a run of a benchmark" in err


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--strategy", "uncertain"), "there is no strategy named 'uncertain'; did you mean 'uncertainty'?"),
        (("--strategy", ","), "Give at least one strategy."),
        (("--strategy", "vote_entropy"), "needs a committee of several models"),
        (("--model", "forest"), "no model named 'forest'"),
        (("--model", "knn:n_neighbors"), "a parameter must have the form name=value"),
        (("--start", "farthest"), "There is no start 'farthest'; the starts are random and diverse."),
        (("--start", "random:1"), "'random:1': the number of initial labels must be from 2 to 1000."),
        (("--start", "random:ten"), "'random:ten': the number of initial labels must be from 2 to 1000."),
        (("--start", "random:9"), "9 labels must be more than the 9 initial labels."),
        (("--class", "Quasar"), "No project has a class 'Quasar'"),
        (("-o", "b.txt"), "b.txt: the file name of a table must end in"),
        (("--plot", "b.gif"), "b.gif: the file name of a picture must end in"),
        (("--tasks", "b.csv"), "b.csv is given for two outputs"),
    ],
)
def test_bad_input_is_refused_in_words_before_any_run(
    run: Run,
    projects: list[Path],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    words: tuple[str, ...],
    message: str,
):
    monkeypatch.chdir(tmp_path)
    code, _, err = run(*projects, *OPTIONS, "-o", "b.csv", *words)
    assert code == 2
    assert message.casefold() in err.casefold()
    assert not list(tmp_path.glob("b.*"))


def test_projects_need_different_names_and_labels(run: Run, projects: list[Path], tmp_path: Path):
    (tmp_path / "east").mkdir()
    make_project(tmp_path / "east", name="north.yaml")
    code, _, err = run(projects[0], tmp_path / "east" / "north.yaml", *OPTIONS, "-o", tmp_path / "b.csv")
    assert code == 2
    assert "Two projects are called 'north'" in err
    make_project(tmp_path / "east", name="bare.yaml", label=None, label_names={})
    code, _, err = run(tmp_path / "east" / "bare.yaml", *OPTIONS, "-o", tmp_path / "b.csv")
    assert code == 2
    assert "Nothing can be learned" in err


def test_a_class_that_is_too_small_is_left_out_with_the_reason(run: Run, tmp_path: Path):
    table = Table.read(write_catalogue(tmp_path / "c.fits"))
    table["label"][:2] = 7
    table.write(tmp_path / "c.fits", overwrite=True)
    words = ["new", str(tmp_path / "c.fits"), "-o", str(tmp_path / "p.yaml"), "--id", "name", "--label", "label"]
    assert main(words) == 0
    code, out, _ = run(tmp_path / "p.yaml", *OPTIONS, "--class", "7", "--class", "0", "-o", tmp_path / "b.csv")
    assert code == 0
    assert "left out: 7 of p: " in out
    assert "1 task, 4 runs" in out


def test_a_model_that_fails_is_named_and_tried_again(run: Run, projects: list[Path], tmp_path: Path):
    (tmp_path / "broken.py").write_text(
        "import astronomical\n\n\n@astronomical.model('broken')\ndef broken(seed):\n    raise RuntimeError('no luck')\n"
    )
    words = (projects[1], *OPTIONS, "--model", "broken", "--plugins", tmp_path / "broken.py", "-o", tmp_path / "b.csv")
    code, out, _ = run(*words)
    assert code == 0
    assert "random, broken, random:5 failed on QSO of south, seed 0: " in out
    assert "no luck" in out
    table = Table.read(tmp_path / "b.csv")
    assert set(table["n_failed"][table["model"] == "broken"]) == {2}
    assert len(lines(tmp_path / "b.runs.jsonl")) == 1 + 4


@pytest.mark.slow
def test_a_benchmark_that_is_killed_loses_no_finished_run(run: Run, projects: list[Path], tmp_path: Path):
    runs = tmp_path / "b.runs.jsonl"
    words = [*map(str, projects), *OPTIONS, "-o", str(tmp_path / "b.csv")]
    process = subprocess.Popen([sys.executable, "-m", "astronomical", "benchmark", *words])
    end = time.monotonic() + 120
    while not (runs.exists() and runs.read_bytes().count(b"\n") > 3):
        assert time.monotonic() < end
        assert process.poll() is None, "it ended before it could be killed"
        time.sleep(0.005)
    process.send_signal(signal.SIGKILL)
    process.wait()
    kept = runs.read_bytes()
    whole = kept[: kept.rfind(b"\n") + 1]
    assert run(*words)[0] == 0
    assert runs.read_bytes().startswith(whole)
    assert len(lines(runs)) == 1 + 12


@needs_dask
@pytest.mark.slow
def test_workers_compute_the_same(run: Run, projects: list[Path], tmp_path: Path):
    assert run(*projects, *OPTIONS, "-o", tmp_path / "one.csv")[0] == 0
    assert run(*projects, *OPTIONS, "-o", tmp_path / "two.csv", "--workers", "2")[0] == 0
    assert (tmp_path / "one.csv").read_text() == (tmp_path / "two.csv").read_text()


@needs_dask
@pytest.mark.slow
def test_a_cluster_computes_the_same_and_a_dead_scheduler_is_an_error(run: Run, projects: list[Path], tmp_path: Path):
    assert run(*projects, *OPTIONS, "-o", tmp_path / "one.csv")[0] == 0
    scheduler = Scheduler(tmp_path)
    try:
        words = (*projects, *OPTIONS, "--cluster", scheduler.address)
        assert run(*words, "-o", tmp_path / "two.csv")[0] == 0
        one, two = (sorted((tmp_path / f"{name}.runs.jsonl").read_text().splitlines()) for name in ("one", "two"))
        assert two == one  # in the order in which they ended
        assert (tmp_path / "two.csv").read_text() == (tmp_path / "one.csv").read_text()
    finally:
        scheduler.stop()
    code, _, err = run(*words, "-o", tmp_path / "three.csv")
    assert code == 2
    assert "No Dask scheduler answers at tcp://127.0.0.1:" in err
    assert "Traceback" not in err
    assert not (tmp_path / "three.csv").exists()


def test_a_scheduler_that_does_not_answer_is_named(run: Run, projects: list[Path], tmp_path: Path):
    pytest.importorskip("distributed")
    code, _, err = run(projects[1], *OPTIONS, "-o", tmp_path / "b.csv", "--cluster", "nonsense://1.2.3.4:1")
    assert code == 2
    assert "No Dask scheduler answers at nonsense://1.2.3.4:1" in err


@pytest.mark.slow
@pytest.mark.catalogues
def test_the_commands_of_the_documentation_run(shared: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Only the strategies, starts, labels and seeds are fewer."""
    monkeypatch.chdir(tmp_path)
    for file in (shared / "labelled").glob("*.csv"):
        (tmp_path / file.name).symlink_to(file)
    block = next(text for text in PAGE.read_text().split("```") if "astronomical benchmark" in text and "new" in text)
    commands = [shlex.split(line)[1:] for line in block.replace("\\\n", " ").strip().splitlines()]
    assert [words[0] for words in commands] == ["new", "new", "new", "benchmark"]
    for words in commands[:3]:
        assert main(words) == 0
    assert (
        main([*commands[3], "--labels", "6", "--seeds", "1", "--strategy", "uncertainty", "--start", "random:5"]) == 0
    )
    assert len(lines(tmp_path / "benchmark.runs.jsonl")) == 1 + 9
