"""A person who labels without a pause, in a process that may be killed at any moment."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from multiprocessing.connection import Connection
from pathlib import Path

from astronomical.labels.ledger import Ledger
from astronomical.session import Session


def label_for_ever(path: Path, seed: int, said: Connection) -> None:
    """Open a project, label, take back, note and save at random; say after each step what the ledger holds by now."""
    rng = random.Random(seed)
    with Session.open(path) as session:
        said.send(_standing(session.ledger))
        catalogue = session.dataset.catalogue
        ids = catalogue.ids_at(range(catalogue.n_rows))
        steps = _steps(session, ids, rng)
        while True:
            session.focus(rng.choice(ids))
            rng.choices(list(steps), list(steps.values()))[0]()
            said.send(_standing(session.ledger))


def _standing(ledger: Ledger) -> tuple[int, str]:
    """Return the number of events, and the check of the last one: it stands for all before it."""
    return len(ledger.events), ledger.events[-1].check if ledger.events else ""


def _steps(session: Session, ids: Sequence[str], rng: random.Random) -> dict[Callable[[], object], float]:
    """Return what is done, with how often."""
    names = session.state.config.class_names

    def note() -> None:
        session.labels.remark(rng.choice(ids), note=f"seen {rng.random()}")

    def bulk() -> None:
        session.labels.label_bulk(rng.choice(names), rng.sample(ids, 5))

    return {
        lambda: session.assign(rng.choice(names)): 12,
        lambda: session.assign(None): 1,
        session.undo: 2,
        session.redo: 1,
        note: 2,
        bulk: 1,
        session.files.autosave: 2,
    }
