"""The models of all rounds, on disk beside the project."""

from __future__ import annotations

import logging
import math
import re
import threading
import time
from collections import deque
from collections.abc import Callable
from pathlib import Path
from typing import Any

from astronomical.config.schema import CheckpointConfig
from astronomical.learning.rounds import Round
from astronomical.plugins.registry import Registry
from astronomical.session.bundles import SUFFIXES, Bundle, make_bundle, vote_of
from astronomical.session.errors import SessionError
from astronomical.session.jobs import Jobs
from astronomical.session.kept import model_bytes
from astronomical.session.requests import member_of
from astronomical.session.state import SessionState

__all__ = ["CLOSING_S", "ModelStore", "checkpoint_of", "model_name", "models_folder", "open_store"]

JOB = "models"
#: So many models may wait for a quiet moment; beyond that they are written whatever else is to be done.
_MOST_WAITING = 20
#: Closing a project waits so long for models that are still to be written, in s.
CLOSING_S = 3.0
#: So much memory may be taken up by models that wait, in bytes.
_MOST_BYTES = 256 * 2**20
log = logging.getLogger(__name__)


class ModelStore:
    """Writes models one after the other in the background, and keeps the folder below a limit.

    Parameters
    ----------
    folder
        Where the models are kept.
    jobs
        Where they are written.
    bundle_of
        Returns what is written of a round; None if its model is not kept.
    limit
        Returns how many bytes the folder may take up.
    suffix
        Returns how the names of files end: how models are written.
    spared
        Returns the stems of files that are kept whatever they take up, such as those of checkpoints.
    failed
        Called with a sentence when the first model cannot be written.
    """

    def __init__(self, folder: Path, jobs: Jobs, *, bundle_of: Callable[[Round], Bundle | None],
                 limit: Callable[[], int], suffix: Callable[[], str], spared: Callable[[], frozenset[str]],
                 failed: Callable[[str], None]) -> None:
        self.folder = folder
        self._jobs, self._bundle_of, self._limit, self._suffix = jobs, bundle_of, limit, suffix
        self._spared, self._tell = spared, failed
        self._waiting: deque[tuple[Bundle, int]] = deque()
        self._under_way: Bundle | None = None
        self._told = self._told_of_loss = False
        self._writing = threading.Lock()

    def take(self, round: Round) -> None:
        """Have the model of a round written when there is time for it, if the project keeps models."""
        bundle = self._bundle_of(round)
        if bundle is not None:
            self.add(bundle)

    def add(self, bundle: Bundle, *, now: bool = False) -> None:
        """Have the model of a round written, unless it is there: when there is time for it, or at once."""
        if self.path_of(bundle).exists():
            return
        if now and self._jobs.inline:
            self._write(bundle, self._limit(), self._spared())
            return
        self._waiting.append((bundle, sum(map(model_bytes, bundle.votes[0].models))))
        if now or len(self._waiting) > _MOST_WAITING:
            self.write_next()
        self._limit_memory()

    def write_next(self) -> None:
        """Write what waits, now that nothing more urgent is to be done; a plain session does so when it is saved."""
        if not self._jobs.inline and not self._jobs.is_running(JOB):
            self._next()

    def finish(self, seconds: float = CLOSING_S) -> None:
        """Write here and now what still waits.

        Parameters
        ----------
        seconds
            Not longer than this, save in a plain session: the newest come first then, and the log tells the rest.
        """
        seconds = math.inf if self._jobs.inline else seconds
        waiting = [*([] if self._under_way is None else [self._under_way]), *(bundle for bundle, _ in self._waiting)]
        self._waiting.clear()
        end = time.monotonic() + seconds
        while waiting and time.monotonic() < end:
            bundle = waiting.pop(0 if seconds == math.inf else -1)
            try:
                self._write(bundle, self._limit(), self._spared())
            except (OSError, ValueError) as error:
                self._tell_failure(error)
        for bundle in waiting:
            log.warning("%s was not saved: the project was closed before", self.path_of(bundle).name)

    def path_of(self, bundle: Bundle) -> Path:
        """Return the file of the model of a round."""
        vote = bundle.votes[0]
        return self.folder / f"{model_name(vote.class_name, vote.k, vote.key)}{self._suffix()}"

    def _next(self) -> None:
        self._under_way = None
        if self._waiting:
            (bundle, _), limit, spared = self._waiting.popleft(), self._limit(), self._spared()
            self._under_way = bundle
            self._jobs.submit(JOB, lambda job: self._write(bundle, limit, spared), lambda path: self._next(),
                              self._failed, title="Saving a model", lane="files", background=True)

    def _write(self, bundle: Bundle, limit: int, spared: frozenset[str]) -> Path:
        path = self.path_of(bundle)
        with self._writing:
            if not path.exists():
                self.folder.mkdir(exist_ok=True)
                bundle.write(path)
                self._make_room(limit, spared | {path.stem})
        return path

    def _make_room(self, limit: int, spared: frozenset[str]) -> None:
        """Take the oldest models away until the folder is below its limit."""
        files = sorted((path for path in self.folder.iterdir() if path.suffix in SUFFIXES),
                       key=lambda path: path.stat().st_mtime_ns)
        total = sum(path.stat().st_size for path in files)
        for path in files:
            if total <= limit:
                return
            if path.stem not in spared:
                total -= path.stat().st_size
                path.unlink()

    def _limit_memory(self) -> None:
        """Let what waits not fill the memory: a plain session writes the oldest now, a page does not wait for it."""
        while sum(size for _, size in self._waiting) > _MOST_BYTES and len(self._waiting) > 1:
            if self._jobs.inline:
                self.finish()
                return
            bundle, _ = self._waiting.popleft()
            log.warning("%s was not saved: too many models wait to be written", self.path_of(bundle).name)
            if not self._told_of_loss:
                self._told_of_loss = True
                self._tell("Rounds come faster than their models can be written to disk, and some models are left out; "
                           "the log names them. Labels and scores are kept all the same.")

    def _failed(self, error: Exception) -> None:
        self._tell_failure(error)
        self._next()

    def _tell_failure(self, error: Exception) -> None:
        log.info("a model could not be saved", exc_info=error)
        if not self._told:  # once is enough: the labels are what counts
            self._told = True
            self._tell(f"The models of the rounds cannot be kept on disk: {error} Labels and scores are kept all "
                       "the same. .joblib can be chosen for them in Settings… (Project, Models of the rounds).")


def open_store(state: SessionState, registry: Registry, jobs: Jobs, config_path: Path,
               failed: Callable[[str], None]) -> ModelStore:
    """Return the store of a project; it takes in each round that is shown, if the project says so."""
    def spared() -> frozenset[str]:
        return frozenset(model_name(item.class_name, item.k, item.key) for item in state.config.checkpoints)

    def bundle_of(round: Round) -> Bundle | None:
        learner = state.config.learner(round.class_name)
        if learner is None or not state.config.models.keep or not round.trained:
            return None
        vote = vote_of(round, [member_of(registry, model) for model in learner.models])
        return make_bundle(state.config, state.dataset, [vote])

    def keep(event: Any) -> None:
        for name, round in event.new.items():
            if event.old.get(name) is not round:
                store.take(round)

    store = ModelStore(models_folder(config_path), jobs, bundle_of=bundle_of,
                       limit=lambda: state.config.models.limit_mb * 2**20,
                       suffix=lambda: f".{state.config.models.format}", spared=spared, failed=failed)
    state.param.watch(keep, "rounds")
    return store


def checkpoint_of(state: SessionState, class_name: str | None, name: str, when: str) -> CheckpointConfig:
    """Return a name for the newest round of a learner.

    Raises
    ------
    SessionError
        If there is no such round, or the name is taken.
    """
    round = state.rounds.get(class_name or "")
    if class_name is None or round is None:
        raise SessionError("No learner has a round yet: there is nothing to give a name to.")
    if class_name in state.pending:
        raise SessionError(f"The {class_name} learner is being trained: wait for its round.")
    name = name.strip() or f"{class_name}, {round.k} labels"
    if any(item.name == name and item.key != round.key for item in state.config.checkpoints):
        raise SessionError(f"There is a checkpoint named {name!r} already, of another round: choose another name.")
    return CheckpointConfig(name=name, class_name=class_name, k=round.k, key=round.key, when=when)


def models_folder(config_path: Path) -> Path:
    """Return the folder of the models of a project."""
    return config_path.with_name(f"{config_path.stem}.models")


def model_name(class_name: str, k: int, key: str) -> str:
    """Return the name of the file of a round's model, without what says how it is written."""
    return f"{re.sub(r'[^A-Za-z0-9-]', '_', class_name)}-{k:04d}-{key}"
