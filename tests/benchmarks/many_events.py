"""Time what is done with a project of many events.

Run ``python tests/benchmarks/many_events.py --events 100000``. It prints one line of JSON. Half of the events are bulk
labels, of which up to 2,000 train a learner; the others are single labels, remarks, curated labels and undone labels.

open_s
    To open the project from its file, the learner's round not included.
open_cpu_s
    The processor time of opening, which says more on a busy machine.
label_ms, undo_ms, redo_ms
    How long the event loop is busy with one more label, one undo and one redo, with the views of history, header and
    remarks open; the median of 20. The round is fitted in a thread meanwhile. As ..._cpu_ms the processor time.
save_ms
    To write the project after one more label, in a thread; the median of 5.
saved_mb
    Size of the project file.
stall_ms_max
    The latest that a ticker of 5 ms comes on the event loop during all this.
peak_mb
    The most memory taken by the process that opens the project.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from iteration import Ticker
from synthetic import make_project

from astronomical.config.io import read_config, write_config
from astronomical.config.schema import ExtensionConfig, LearnerConfig, StartConfig
from astronomical.dashboard.page.header import HeaderView
from astronomical.dashboard.panes.learner.scores import ScoresView
from astronomical.dashboard.panes.source.annotations import RemarksView
from astronomical.dashboard.panes.tables.history import HistoryPane
from astronomical.labels.ledger import Ledger
from astronomical.session import Session

NAMES = ("Star", "Galaxy", "QSO")
STAMP = {"who": "ana", "when": "2026-11-25T04:10:22+00:00"}
BATCH, TRAINED = 10_000, 2_000


def write(folder: Path, n_events: int) -> Path:
    """Make a project with so many events."""
    path = make_project(folder, n_events + 2000)
    config = read_config(path)
    ids = [str(number) for number in range(10**15, 10**15 + n_events + 2000)]
    ledger, taken = Ledger.empty(), iter(ids)
    half = n_events // 2
    while len(ledger) < half:
        count = min(BATCH, half - len(ledger))
        ledger, _ = ledger.extend(
            (
                {
                    **STAMP,
                    "kind": "label",
                    "id": next(taken),
                    "label": NAMES[place % 3],
                    "class_name": "Star" if len(ledger) == 0 and place < TRAINED else None,
                    "origin": "bulk",
                }
                for place in range(count)
            ),
            batch=True,
        )
    ledger, _ = ledger.extend(singles(ledger, taken, n_events - len(ledger)))
    model = ExtensionConfig(name="logistic_regression")
    learner = LearnerConfig(class_name="Star", models=(model,), started=True, start=StartConfig(mode="label", n=5))
    write_config(config.model_copy(update={"events": tuple(ledger.events), "learners": (learner,)}), path)
    return path


def singles(ledger: Ledger, ids: Iterator[str], count: int) -> Iterator[dict[str, Any]]:
    """Yield labels that were given one by one, some of them undone, and remarks."""
    n = len(ledger)
    for place in range(count):
        n += 1
        if place % 20 == 3:
            yield {**STAMP, "kind": "undo", "target": n - 1}
        elif place % 20 == 7:
            yield {**STAMP, "kind": "note", "id": next(ids), "label": f"Look at this again, number {n}"}
        else:
            yield {
                **STAMP,
                "kind": "label",
                "id": next(ids),
                "label": NAMES[place % 3],
                "score": 1 / n,
                "origin": "curated" if place % 20 == 11 else "clicked",
            }


async def measure(path: Path) -> dict[str, float]:
    """Open the project and work in it."""
    loop = asyncio.get_running_loop()
    ticker = Ticker()
    began, cpu = time.perf_counter(), time.process_time()
    session = await asyncio.to_thread(
        Session.open, path, look_ahead=True, dispatch=lambda call: loop.call_soon_threadsafe(call)
    )
    found = {"open_s": time.perf_counter() - began, "open_cpu_s": time.process_time() - cpu}
    views = [make(session) for make in (HeaderView_, HistoryPane, RemarksView, ScoresView)]
    await rest(session)
    ticker.late_ms.clear()
    given = [session.dataset.catalogue.id_at(row) for row in range(session.dataset.catalogue.n_rows)]
    free = (id for id in given if session.labels.label_of(id) is None and id not in session.ledger.curated)

    def label() -> None:
        session.focus(next(free))
        session.assign("Star", class_name=None)

    for name, action in (("label_ms", label), ("undo_ms", session.undo), ("redo_ms", session.redo)):
        found[name], found[name.replace("_ms", "_cpu_ms")] = await times(session, action)
    saves = []
    for _ in range(5):
        label()
        await rest(session)
        done = asyncio.Event()
        began = time.perf_counter()
        session.files.save_async(done.set)
        await done.wait()
        saves.append(1000 * (time.perf_counter() - began))
    found["save_ms"] = statistics.median(saves)
    found["saved_mb"] = path.stat().st_size / 1e6
    found["stall_ms_max"] = max(ticker.late_ms)
    found["peak_mb"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    for view in views:
        view.close()
    await asyncio.to_thread(session.close)
    return {name: round(value, 2) for name, value in found.items()}


def HeaderView_(session: Session) -> HeaderView:
    names = ("take over", "undo", "merge", "save", "copy", "export", "add pane", "settings", "help", "leave")
    return HeaderView(session, dict.fromkeys(names, lambda: None))


async def times(session: Session, action: Callable[[], Any]) -> tuple[float, float]:
    """Return how long one call keeps the event loop busy, in ms, and its processor time; the medians of 20."""
    found, used = [], []
    for _ in range(20):
        began, cpu = time.perf_counter(), time.thread_time()
        action()
        found.append(1000 * (time.perf_counter() - began))
        used.append(1000 * (time.thread_time() - cpu))
        await rest(session)
    return statistics.median(found), statistics.median(used)


async def rest(session: Session) -> None:
    """Wait until nothing is under way."""
    await asyncio.sleep(0.15)
    while session.state.pending or session.state.jobs:
        await asyncio.sleep(0.02)


def write_out(measured: dict[str, float]) -> None:
    sys.stdout.write(json.dumps(measured) + "\n")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--events", type=int, default=100_000)
    parser.add_argument("--project", type=Path, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.project is not None:
        write_out(asyncio.run(measure(arguments.project)))
        return
    with tempfile.TemporaryDirectory() as folder:
        path = write(Path(folder), arguments.events)
        # Another process, so that its memory is that of opening and working alone.
        command = [sys.executable, __file__, "--project", str(path)]
        measured = json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout)
        write_out({"events": arguments.events, **measured})


if __name__ == "__main__":
    main()
