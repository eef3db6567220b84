"""Work on parts of a catalogue on Dask, and what may go wrong there."""

from __future__ import annotations

import logging
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from astronomical.catalogue.errors import CatalogueError
from astronomical.learning.scoring import Cancelled
from astronomical.session.errors import SessionError
from astronomical.session.whole.part_runner import Workforce, run_parts
from tests.support.parts import Scheduler, complain, die, die_once, double, needs_dask, wait_for_end, wait_until
from tests.support.without import code_without

pytestmark = needs_dask
ROOT = Path(__file__).parents[2]


def results(
    work: Callable[..., Any], shared: object, workforce: Workforce, cancelled: Callable[[], bool] = lambda: False
) -> dict[int, int]:
    found: dict[int, int] = {}
    run_parts(work, shared, range(12), workforce, cancelled=cancelled, done=found.__setitem__)
    return found


@pytest.fixture
def scheduler(tmp_path: Path) -> Iterator[Scheduler]:
    made = Scheduler(tmp_path)
    yield made
    made.stop()


@pytest.mark.slow
def test_dask_leaves_the_logs_of_other_libraries_as_they_are(scheduler: Scheduler):
    results(double, None, Workforce(cluster=scheduler.address))
    for name in ("tornado", "bokeh"):
        logger = logging.getLogger(name)
        assert (logger.level, logger.propagate, logger.handlers) == (logging.NOTSET, True, [])


@pytest.mark.slow
def test_here_and_with_two_workers_the_results_are_the_same():
    expected = {part: 2 * part for part in range(12)}
    assert results(double, None, Workforce(1)) == expected
    assert results(double, None, Workforce(2)) == expected


def test_no_part_runs_any_more_when_one_has_failed(tmp_path: Path):
    def work(_: object, part: int, cancelled: Callable[[], bool]) -> int:
        if part == 1:
            wait_until((tmp_path / "begun-0").exists)
            raise CatalogueError("part-001.parquet cannot be read")
        return wait_for_end(tmp_path, part, cancelled)

    with pytest.raises(CatalogueError, match="part-001"):
        run_parts(work, None, [1, 0], Workforce(), cancelled=lambda: False, done=lambda part, result: None)
    assert (tmp_path / "ended-0").exists()


def test_the_part_of_a_worker_that_dies_is_done_again(tmp_path: Path):
    assert results(die_once, tmp_path, Workforce(2)) == {part: 2 * part for part in range(12)}
    assert (tmp_path / "died").exists()


@pytest.mark.slow
def test_workers_that_die_again_and_again_are_an_error_with_advice():
    with pytest.raises(SessionError, match=r"A worker ended \d times during the same part.*Use fewer workers"):
        results(die, None, Workforce(2))


@pytest.mark.slow
def test_an_error_in_a_part_is_reported_as_it_is():
    with pytest.raises(CatalogueError, match=r"^part-002.parquet cannot be read$"):
        results(complain, None, Workforce(2))


@pytest.mark.slow
def test_cancelling_reaches_the_workers_of_a_cluster(scheduler: Scheduler, tmp_path: Path):
    with pytest.raises(Cancelled):
        results(
            wait_for_end,
            tmp_path,
            Workforce(cluster=scheduler.address),
            lambda: len(list(tmp_path.glob("begun-*"))) > 1,
        )
    begun = {path.name.removeprefix("begun-") for path in tmp_path.glob("begun-*")}
    wait_until(lambda: {path.name.removeprefix("ended-") for path in tmp_path.glob("ended-*")} >= begun)
    assert results(double, None, Workforce(cluster=scheduler.address)) == {part: 2 * part for part in range(12)}


@pytest.mark.slow
def test_a_scheduler_that_is_lost_is_an_error(scheduler: Scheduler, tmp_path: Path):
    def kill() -> bool:
        if list(tmp_path.glob("begun-*")):
            scheduler.processes[0].kill()
        return False

    with pytest.raises(SessionError, match=r"The connection to the Dask scheduler was lost before the work"):
        results(wait_for_end, tmp_path, Workforce(cluster=scheduler.address), kill)


@pytest.mark.slow
def test_a_scheduler_that_does_not_answer_is_named():
    with pytest.raises(SessionError, match=r"No Dask scheduler answers at tcp://127.0.0.1:1: .*check the address"):
        results(double, None, Workforce(cluster="tcp://127.0.0.1:1"))
    with pytest.raises(SessionError, match=r"No Dask scheduler answers at nonsense://x"):
        results(double, None, Workforce(cluster="nonsense://x"))


def test_without_dask_several_workers_say_what_to_install():
    code = (
        "from astronomical.session.whole.part_runner import Workforce, run_parts\n"
        "try: run_parts(print, None, [1], Workforce(2), cancelled=bool, done=print)\n"
        "except Exception as error: print(type(error).__name__, error)"
    )
    command = code_without(["distributed"], code)
    done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=ROOT)
    assert "SessionError Several workers need Dask" in done.stdout
    assert "astronomical-lab[large]" in done.stdout
