"""`astronomical reproduce`: the file alone brings every recorded round back, and says what does not come back."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from astropy.table import Table

from astronomical.cli import main
from astronomical.config.io import read_config, write_config
from astronomical.config.schema import ExtensionConfig
from astronomical.session import Session
from tests.support.projects import answer, die, label_until, make_project, open_with_core

FOREST = ExtensionConfig(name="random_forest", parameters={"n_estimators": 7})


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """A project with a forest for stars, nearest neighbours for galaxies, an Unsure, an undo and a relabelling."""
    folder = tmp_path_factory.mktemp("trained")
    path, _ = make_project(folder)
    with Session.open(path, who="tester") as session:
        session.training.start("Star", models=[FOREST])
        label_until(session, "Star", 8)
        session.assign(None, id=session.query())
        label_until(session, "Star", 10)
        session.undo()
        session.labels.relabel(next(e.id for e in session.ledger.effective if e.origin == "query"), "QSO")
        session.training.start("Galaxy", models=[ExtensionConfig(name="knn")])
        label_until(session, "Galaxy", 8)
        session.save()
    return folder


@pytest.fixture
def path(trained, tmp_path):
    shutil.copytree(trained, tmp_path / "project")
    return tmp_path / "project" / "project.yaml"


def run(capsys, *arguments):
    """Run reproduce and return exit code, what it printed, and what it complained about."""
    code = main(["reproduce", *map(str, arguments)])
    out, err = capsys.readouterr()
    return code, out, err


def edit(path, old, new):
    """Change one place of a file by hand."""
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))


def shuffled(path, to):
    table = Table.read(path)
    table[np.random.default_rng(3).permutation(len(table))].write(to, overwrite=True)
    return to


def converted(path, suffix):
    """Convert a FITS catalogue as an astronomer would, by way of pandas."""
    target = path.with_suffix(suffix)
    frame = Table.read(path).to_pandas()
    for name in frame.select_dtypes(object):
        frame[name] = [item.decode() if isinstance(item, bytes) else item for item in frame[name]]
    frame.to_parquet(target) if suffix == ".parquet" else frame.to_csv(target, index=False)
    return target


def test_a_project_reproduces(path, capsys):
    code, out, err = run(capsys, path)
    n_rounds = sum(len(result.rounds) for result in read_config(path).results)
    assert (code, out, err) == (0, f"{n_rounds} rounds compared: reproduced\n", "")


def test_nothing_is_written_beside_the_config(path, capsys):
    def look():
        return {
            item: (item.stat().st_mtime_ns, item.read_bytes() if item.is_file() else b"")
            for item in path.parent.rglob("*")
        }

    before = look()
    run(capsys, path)
    run(capsys, path, "--json")
    assert look() == before


def test_it_works_in_a_folder_that_cannot_be_written(path, capsys):
    path.chmod(0o444)
    path.parent.chmod(0o555)
    try:
        assert run(capsys, path)[0] == 0
    finally:
        path.parent.chmod(0o755)


def test_the_order_of_the_rows_does_not_matter(path, capsys):
    shuffled(path.parent / "catalogue.fits", path.parent / "catalogue.fits")
    assert run(capsys, path)[0] == 0


@pytest.mark.parametrize("suffix", [".parquet", ".csv"])
def test_the_format_does_not_matter(path, suffix, capsys):
    catalogue = path.parent / "catalogue.fits"
    other = converted(catalogue, suffix)
    catalogue.unlink()
    assert read_config(path).catalogue.format == "fits"
    assert run(capsys, path, "--catalogue", other)[0] == 0


def test_a_catalogue_that_moved_is_named(path, tmp_path, capsys):
    (path.parent / "catalogue.fits").rename(tmp_path / "elsewhere.fits")
    code, out, err = run(capsys, path)
    assert (code, out) == (2, "")
    assert "catalogue.fits" in err
    assert run(capsys, path, "--catalogue", tmp_path / "elsewhere.fits")[0] == 0


def test_a_fresh_process_with_one_thread_gives_the_same(path):
    limits = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS"), "1")
    done = subprocess.run(
        [sys.executable, "-m", "astronomical", "reproduce", str(path)],
        capture_output=True,
        text=True,
        cwd=Path(__file__).parents[2],
        env={**os.environ, **limits},
        timeout=120,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")


def test_json_and_yaml_reproduce_alike(path, capsys):
    copy = path.with_suffix(".json")
    write_config(read_config(path), copy)
    assert run(capsys, copy)[0] == 0


def test_labels_that_are_still_in_the_journal_do_not_disturb(path, capsys):
    session, core = open_with_core(path, who="tester")
    answer(session, "Star")
    session.assign(None, id=session.query())
    for event in session.ledger.effective[:5]:
        session.labels.relabel(event.id, "QSO" if event.label != "QSO" else "Star")
    die(core)
    assert run(capsys, path)[0] == 0


def test_one_label_changed_by_hand_is_named(path, capsys):
    event = next(e for e in read_config(path).events if e.kind == "label" and e.origin == "query")
    other = "Galaxy" if event.label != "Galaxy" else "QSO"
    edit(path, f"kind: label, id: {event.id}, label: {event.label}", f"kind: label, id: {event.id}, label: {other}")
    code, out, err = run(capsys, path)
    assert (code, err) == (1, "")
    assert f"source {event.id}" in out
    assert "changed outside astronomical" in out
    assert len(out.splitlines()) <= 3


@pytest.mark.parametrize("field", ["class", "who", "origin", "score", "when"])
def test_nothing_else_of_an_event_can_be_changed_unnoticed(path, field, capsys):
    config = read_config(path)
    place, event = next((i, e) for i, e in enumerate(config.events) if e.origin == "query")
    new = {"class": "QSO", "who": "somebody", "origin": "bulk", "score": 0.123, "when": "2001-01-01T00:00:00+00:00"}
    changed = event.model_copy(update={"class_name" if field == "class" else field: new[field]})
    write_config(
        config.model_copy(update={"events": (*config.events[:place], changed, *config.events[place + 1 :])}), path
    )
    code, out, _ = run(capsys, path)
    assert code == 1
    assert event.id in out


@pytest.mark.parametrize("place", [0, 6, -1])
def test_a_label_that_is_taken_out_is_noticed(path, place, capsys):
    config = read_config(path)
    events = list(config.events)
    del events[place]
    write_config(config.model_copy(update={"events": tuple(events)}), path)
    assert run(capsys, path)[0] == 1


def differences(capsys, path, *arguments):
    code, out, err = run(capsys, path, *arguments, "--json")
    report = json.loads(out)
    assert (code, report["ok"], err) == (1, False, "")
    assert all(set(item) == {"kind", "class", "round", "id", "expected", "got"} for item in report["differences"])
    return report["differences"]


def test_json_is_laid_out_as_documented(path, capsys):
    code, out, err = run(capsys, path, "--json")
    n_rounds = sum(len(result.rounds) for result in read_config(path).results)
    assert (code, err) == (0, "")
    assert json.loads(out) == {"ok": True, "compared": n_rounds, "differences": []}


def change_round(path, place, **update):
    """Change what is recorded of one round of the first learner."""
    config = read_config(path)
    result = config.results[0]
    rounds = list(result.rounds)
    rounds[place] = rounds[place].model_copy(update=update)
    changed = result.model_copy(update={"rounds": tuple(rounds)})
    write_config(config.model_copy(update={"results": (changed, *config.results[1:])}), path)
    return result.rounds[place]


@pytest.mark.parametrize("place", [0, 3, -1])
def test_a_changed_query_is_found(path, place, capsys):
    old = read_config(path).results[0].rounds[place]
    change_round(path, place, queries=("S99999", *old.queries[1:]))
    assert differences(capsys, path) == [
        {"kind": "query", "class": "Star", "round": old.k, "id": "S99999", "expected": "S99999", "got": old.queries[0]}
    ]


def test_a_query_taken_out_is_found(path, capsys):
    old = change_round(path, 2, queries=())
    (found,) = differences(capsys, path)
    assert (found["kind"], found["round"], found["expected"], found["got"]) == ("query", old.k, None, old.queries[0])


@pytest.mark.parametrize(
    ("part", "field"),
    [("training", "tp"), ("training", "accuracy"), ("validation", "n"), ("validation", "fn"), ("validation", "f1")],
)
def test_a_changed_score_is_found(path, part, field, capsys):
    scores = getattr(read_config(path).results[0].rounds[1], part)
    value = getattr(scores, field)
    wrong = value + 1 if isinstance(value, int) else round(value - 0.01, 6)
    old = change_round(path, 1, **{part: scores.model_copy(update={field: wrong})})
    assert differences(capsys, path) == [
        {
            "kind": f"{part} scores",
            "class": "Star",
            "round": old.k,
            "id": None,
            "expected": {field: wrong},
            "got": {field: value},
        }
    ]


def test_a_changed_probability_is_found_and_a_rounding_is_not(path, capsys):
    config = read_config(path)
    result = config.results[0]
    id, p = next(iter(result.probabilities.items()))
    for off, code in ((5e-6, 0), (0.001, 1)):
        changed = result.model_copy(update={"probabilities": {**result.probabilities, id: p + off}})
        write_config(config.model_copy(update={"results": (changed, *config.results[1:])}), path)
        assert run(capsys, path)[0] == code
    assert differences(capsys, path) == [
        {
            "kind": "probability",
            "class": "Star",
            "round": result.rounds[-1].k,
            "id": id,
            "expected": p + 0.001,
            "got": p,
        }
    ]


def test_another_model_gives_other_results(path, capsys):
    edit(path, "n_estimators: 7", "n_estimators: 8")
    kinds = {item["kind"] for item in differences(capsys, path)}
    assert "probability" in kinds


def test_a_removed_learner_is_a_difference(path, capsys):
    config = read_config(path)
    write_config(config.model_copy(update={"learners": config.learners[1:]}), path)
    assert {(item["kind"], item["class"]) for item in differences(capsys, path)} == {("round", "Star")}


def test_packages_that_differ_are_told_with_a_difference_only(path, capsys):
    config = read_config(path)
    old = config.environment.model_copy(update={"packages": {**config.environment.packages, "numpy": "1.0"}})
    write_config(config.model_copy(update={"environment": old}), path)
    code, out, _ = run(capsys, path)
    assert (code, "package" in out) == (0, False)
    change_round(path, 0, queries=("S99999",))
    code, out, _ = run(capsys, path)
    assert code == 1
    assert f"package: numpy 1.0 then, {np.__version__} now" in out


def test_one_changed_value_of_the_catalogue_is_a_difference(path, capsys):
    file = path.parent / "catalogue.fits"
    table = Table.read(file)
    table["g"][np.flatnonzero(np.isfinite(table["g"]))[0]] += 1e-3
    table.write(file, overwrite=True)
    assert "column 'g' differs in about 1 row" in [item["got"] for item in differences(capsys, path)]


def test_a_column_that_is_not_used_may_change(path, capsys):
    file = path.parent / "catalogue.fits"
    table = Table.read(file)
    table["ra"][:] = 0
    table.write(file, overwrite=True)
    assert run(capsys, path)[0] == 0


def test_a_catalogue_with_fewer_sources_is_a_difference(path, capsys):
    file = path.parent / "catalogue.fits"
    Table.read(file)[:250].write(file, overwrite=True)
    assert any(item["got"].startswith("it has 250 sources instead of 300: about") for item in differences(capsys, path))


def test_nothing_recorded_is_not_a_success(tmp_path, capsys):
    path, _ = make_project(tmp_path, n=60)
    code, out, err = run(capsys, path)
    assert (code, out) == (2, "")
    assert "has no recorded results" in err


@pytest.mark.parametrize("damage", ["missing config", "broken config", "broken catalogue", "column gone"])
def test_what_cannot_be_read_is_not_a_difference(path, damage, capsys):
    file = path.parent / "catalogue.fits"
    match damage:
        case "missing config":
            path.unlink()
        case "broken config":
            path.write_text(path.read_text()[:500] + "\n  [")
        case "broken catalogue":
            file.write_bytes(file.read_bytes()[:4000])
        case "column gone":
            table = Table.read(file)
            del table["u"]
            table.write(file, overwrite=True)
    for extra in ((), ("--json",)):
        code, out, err = run(capsys, path, *extra)
        assert (code, out) == (2, "")
        assert err.startswith("astronomical: ")
        assert len(err.splitlines()) <= 4


@pytest.mark.timeout(240)
class TestExample:
    """The figures that the example has to show, on its 20,000 sources."""

    @pytest.fixture
    def example(self, checkout, tmp_path):
        """Return a copy of the example whose catalogue may be changed."""
        shutil.copytree(checkout / "configs", tmp_path / "configs")
        (tmp_path / "data").mkdir()
        shutil.copyfile(checkout / "data" / "example.fits", tmp_path / "data" / "example.fits")
        return tmp_path / "configs" / "example.yaml"

    def test_it_reproduces_with_one_thread(self, checkout):
        limits = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NUMBA_NUM_THREADS"), "1")
        done = subprocess.run(
            [sys.executable, "-m", "astronomical", "reproduce", "configs/example.yaml", "--json"],
            capture_output=True,
            text=True,
            cwd=checkout,
            env={**os.environ, **limits},
            timeout=220,
            check=False,
        )
        assert (done.returncode, json.loads(done.stdout)) == (0, {"ok": True, "compared": 26, "differences": []})

    def test_it_reproduces_with_its_rows_shuffled(self, example, capsys):
        data = example.parents[1] / "data" / "example.fits"
        shuffled(data, data)
        assert run(capsys, example)[:2] == (0, "26 rounds compared: reproduced\n")

    def test_it_reproduces_from_parquet(self, example, capsys):
        other = converted(example.parents[1] / "data" / "example.fits", ".parquet")
        assert run(capsys, example, "--catalogue", other)[0] == 0

    def test_a_label_changed_by_hand_is_named(self, example, capsys):
        event = read_config(example).events[17]
        other = "Galaxy" if event.label != "Galaxy" else "QSO"
        edit(example, f"id: {event.id}, label: {event.label}", f"id: {event.id}, label: {other}")
        code, out, _ = run(capsys, example)
        assert code == 1
        assert event.id in out
