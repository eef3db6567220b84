"""Whatever moment the program dies at, no label that it has acknowledged is lost.

``ASTRONOMICAL_KILLS`` sets how often it dies: a few times in every run of the tests, some hundreds by hand.
``ASTRONOMICAL_KILLS_SEED`` continues a campaign with other labels and moments.
"""

from __future__ import annotations

import multiprocessing
import os
import random
import time
from multiprocessing.connection import Connection
from pathlib import Path

import pytest

from astronomical.labels.hash_chain import FIRST_CHECK
from astronomical.session import Session
from astronomical.session.project.project_store import load_project
from tests.support.labeller import label_for_ever
from tests.support.projects import make_project

KILLS = int(os.environ.get("ASTRONOMICAL_KILLS", "20"))
SEED = int(os.environ.get("ASTRONOMICAL_KILLS_SEED", "1"))
#: Events that one step makes at most: a label of five sources at once, or its undo.
AT_ONCE = 5


@pytest.fixture(scope="module")
def context() -> multiprocessing.context.ForkServerContext:
    """Processes that have imported everything already, so that they are killed at work and not while they start."""
    if "forkserver" not in multiprocessing.get_all_start_methods():
        pytest.skip("processes cannot be forked here")
    made = multiprocessing.get_context("forkserver")
    made.set_forkserver_preload(["tests.support.labeller"])
    return made


@pytest.mark.slow
@pytest.mark.timeout(60 + 5 * KILLS)
def test_no_acknowledged_label_is_lost_wherever_the_program_is_killed(tmp_path: Path, context):
    path, _ = make_project(tmp_path, n=60)
    rng = random.Random(SEED)
    known: tuple[int, str] = (0, "")
    for kill in range(KILLS):
        known = _killed(context, path, 1000 * (SEED - 1) + kill, rng.uniform(0, 0.25), known)
        found = load_project(path).events
        checks = ["", *(event.check for event in found)]
        acknowledged, check = known
        assert checks[acknowledged : acknowledged + 1] == [check], f"kill {kill}: a label is lost"
        assert len(found) - acknowledged <= AT_ONCE, f"kill {kill}: more than one step was never acknowledged"
        assert [event.n for event in found] == list(range(1, len(found) + 1))
    assert known[0] > 2 * KILLS, "hardly anything was labelled: the test proves nothing"
    with Session.open(path) as session:  # and the project still works
        assert len(session.ledger.events) >= known[0]
        assert session.ledger.events[0].check != FIRST_CHECK


def _killed(context, path: Path, seed: int, seconds: float, known: tuple[int, str]) -> tuple[int, str]:
    """Let the labeller work for a while, kill it, and return what it acknowledged last."""
    heard, said = context.Pipe(duplex=False)
    labeller = context.Process(target=label_for_ever, args=(path, seed, said), daemon=True)
    labeller.start()
    said.close()
    known = _hear(heard, known, wait=seed % 4 != 0)  # one in four dies while it opens the project
    time.sleep(seconds)
    labeller.kill()
    labeller.join()
    while True:
        try:
            known = heard.recv()
        except EOFError:
            return known


def _hear(heard: Connection, known: tuple[int, str], *, wait: bool) -> tuple[int, str]:
    if not wait:
        return known
    assert heard.poll(30), "the labeller did not open the project"
    return heard.recv()
