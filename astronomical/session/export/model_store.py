"""Models of all rounds, saved beside the project file."""

from __future__ import annotations

import logging
import re
import threading
import time
from collections import deque
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from astronomical.config.schema import CheckpointConfig
from astronomical.learning.rounds import Round
from astronomical.paths import remove_leftovers
from astronomical.plugins.registry import Registry
from astronomical.session.errors import SessionError
from astronomical.session.evaluation.predictions import vote_of
from astronomical.session.events import SessionEvents
from astronomical.session.export.model_bundle import SUFFIXES, Bundle, make_bundle
from astronomical.session.project.extensions import member_of
from astronomical.session.project.project_store import models_folder
from astronomical.session.state import SessionState
from astronomical.session.training.round_cache import model_bytes
from astronomical.tasks import Workers, time_limit
from astronomical.tasks.jobs import Jobs

__all__ = ["CLOSING_S", "ModelStore", "checkpoint_of", "model_name", "open_store"]

JOB = "models"
#: Maximum number of models that wait for an idle moment; beyond it, they are written at once.
_MAX_WAITING = 20
#: Time for which closing a project waits for models that are not written yet, in s.
CLOSING_S = 3.0
#: Without a page, closing writes all models, but gives up after this time for a single one, in s: pickling a plugin's
#: model may never end.
_MODEL_TIME_S = 8.0
#: Maximum memory of waiting models, in bytes.
_MOST_BYTES = 256 * 2**20
#: File extensions of the names from `model_name`.
_MODEL_NAME = re.compile(r"-\d{4,}-[0-9a-f]+$")
log = logging.getLogger(__name__)


class ModelStore:
    """Write models one after the other in the background, and keep the folder below a size limit.

    Parameters
    ----------
    folder
        Folder of the models.
    jobs
        Jobs that write the models.
    bundle_of
        Function that returns the bundle of a round; None if its model is not saved.
    limit
        Function that returns the size limit of the folder, in bytes.
    suffix
        Function that returns the file extension, which determines the format.
    spared
        Function that returns the stems of files that are never removed, such as checkpoints.
    failed
        Called with a message when the first model cannot be written.
    """

    def __init__(
        self,
        folder: Path,
        jobs: Jobs,
        *,
        bundle_of: Callable[[Round], Bundle | None],
        limit: Callable[[], int],
        suffix: Callable[[], str],
        spared: Callable[[], frozenset[str]],
        failed: Callable[[str], None],
    ) -> None:
        self.folder = folder
        self._jobs, self._bundle_of, self._limit, self._suffix = jobs, bundle_of, limit, suffix
        self._protected, self._notify = spared, failed
        self._waiting: deque[tuple[Bundle, int]] = deque()
        self._under_way: Bundle | None = None
        self._failure_reported = self._loss_reported = False
        self._writing = threading.Lock()

    def take(self, round: Round) -> None:
        """Write the model of a round when there is time, if the project saves models."""
        bundle = self._bundle_of(round)
        if bundle is not None:
            self.add(bundle)

    def add(self, bundle: Bundle, *, now: bool = False) -> None:
        """Write the model of a round unless it exists: when there is time, or at once."""
        if self.path_of(bundle).exists():
            return
        if now and self._jobs.inline:
            self._write(bundle, self._limit(), self._protected())
            return
        self._waiting.append((bundle, sum(map(model_bytes, bundle.votes[0].models))))
        if now or len(self._waiting) > _MAX_WAITING:
            self.write_next()
        self._limit_memory()

    def write_next(self) -> None:
        """Write waiting models, now that nothing more urgent is pending; a session without a page does so when it is
        saved.
        """
        if not self._jobs.inline and not self._jobs.is_running(JOB):
            self._next()

    def finish(self, seconds: float = CLOSING_S) -> None:
        """Write the remaining models before returning.

        Parameters
        ----------
        seconds
            Time limit; the newest models come first, and the log names those that are skipped. A session without a page
            writes all, but gives up if a single one takes too long.
        """
        inline = self._jobs.inline
        waiting = [*([] if self._under_way is None else [self._under_way]), *(bundle for bundle, _ in self._waiting)]
        self._waiting.clear()
        end = time.monotonic() + seconds
        lost: list[Bundle] = []
        while waiting and not lost and (inline or time.monotonic() < end):
            bundle = waiting.pop(0 if inline else -1)
            task = Workers("models").submit(partial(self._write, bundle, self._limit(), self._protected()))
            if not task.wait(time_limit(_MODEL_TIME_S) if inline else max(0.0, end - time.monotonic())):
                task.cancel()
                lost = [bundle]
            elif isinstance(task.error(), OSError | ValueError):
                self._report_failure(task.error())
            else:
                task.result()
        if lost:
            self._notify(
                f"{self.path_of(lost[0]).name} was not written in time and was skipped"
                f"{f', with {len(waiting)} more models' if waiting else ''}. Labels and scores are saved."
            )
        for bundle in (*lost, *waiting):
            log.warning(
                "%s was not saved: it was not written in time when the project was closed", self.path_of(bundle).name
            )

    def path_of(self, bundle: Bundle) -> Path:
        """Return the file of the model of a round."""
        vote = bundle.votes[0]
        return self.folder / f"{model_name(vote.class_name, vote.k, vote.key)}{self._suffix()}"

    def _next(self) -> None:
        self._under_way = None
        if self._waiting:
            (bundle, _), limit, spared = self._waiting.popleft(), self._limit(), self._protected()
            self._under_way = bundle
            self._jobs.submit(
                JOB,
                lambda job: self._write(bundle, limit, spared),
                lambda path: self._next(),
                self._failed,
                title="Saving a model",
                lane="models",
                background=True,
            )

    def _write(self, bundle: Bundle, limit: int, spared: frozenset[str]) -> Path:
        path = self.path_of(bundle)
        with self._writing:
            if not path.exists():
                self.folder.mkdir(exist_ok=True)
                bundle.write(path)
                self._make_room(limit, spared | {path.stem})
        return path

    def _make_room(self, limit: int, spared: frozenset[str]) -> None:
        """Remove the oldest models until the folder is below its limit."""
        remove_leftovers(self.folder)
        # Do not remove other files, such as a model that was exported to this folder.
        files = sorted(
            (path for path in self.folder.iterdir() if path.suffix in SUFFIXES and _MODEL_NAME.search(path.stem)),
            key=lambda path: path.stat().st_mtime_ns,
        )
        total = sum(path.stat().st_size for path in files)
        for path in files:
            if total <= limit:
                return
            if path.stem not in spared:
                total -= path.stat().st_size
                path.unlink()

    def _limit_memory(self) -> None:
        """Limit the memory of waiting models: a session without a page writes the oldest now, a page drops it."""
        while sum(size for _, size in self._waiting) > _MOST_BYTES and len(self._waiting) > 1:
            if self._jobs.inline:
                self.finish()
                return
            bundle, _ = self._waiting.popleft()
            log.warning("%s was not saved: too many models are waiting to be written", self.path_of(bundle).name)
            if not self._loss_reported:
                self._loss_reported = True
                self._notify(
                    "Rounds are computed faster than their models can be written to disk, so some models are not "
                    "saved; the log names them. Labels and scores are saved."
                )

    def _failed(self, error: Exception) -> None:
        self._report_failure(error)
        self._next()

    def _report_failure(self, error: BaseException | None) -> None:
        log.info("a model could not be saved", exc_info=error)
        if not self._failure_reported:  # show it only once
            self._failure_reported = True
            self._notify(
                f"The models of rounds cannot be saved: {error} Labels and scores are "
                "saved. You can choose .joblib for the models in Settings… (Project, Models of the rounds)."
            )


def open_store(
    state: SessionState, registry: Registry, jobs: Jobs, config_path: Path, events: SessionEvents
) -> ModelStore:
    """Return the model store of a project; it saves the model of each new round if the project says so."""

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

    store = ModelStore(
        models_folder(config_path),
        jobs,
        bundle_of=bundle_of,
        limit=lambda: state.config.models.limit_mb * 2**20,
        suffix=lambda: f".{state.config.models.format}",
        spared=spared,
        failed=lambda text: state.notify(text, "warning"),
    )
    state.param.watch(keep, "rounds")
    events.round_filled.listen(store.take)
    events.all_computed.listen(store.write_next)
    if jobs.inline:
        events.saved.listen(store.finish)
    return store


def checkpoint_of(state: SessionState, class_name: str | None, name: str, when: str) -> CheckpointConfig:
    """Return a name for a checkpoint of the newest round of a learner.

    Raises
    ------
    SessionError
        If there is no round, or the name is taken.
    """
    round = state.rounds.get(class_name or "")
    if class_name is None or round is None:
        raise SessionError("No learner has a round yet, so there is nothing to save as a checkpoint.")
    if class_name in state.pending:
        raise SessionError(f"The {class_name} learner is being trained. Wait until its round is ready.")
    name = name.strip() or f"{class_name}, {round.k} labels"
    if any(item.name == name and item.key != round.key for item in state.config.checkpoints):
        raise SessionError(f"A checkpoint of another round is already named {name!r}. Choose another name.")
    return CheckpointConfig(name=name, class_name=class_name, k=round.k, key=round.key, when=when)


def model_name(class_name: str, k: int, key: str) -> str:
    """Return the file name of a round's model, without the extension."""
    return f"{re.sub(r'[^A-Za-z0-9-]', '_', class_name)}-{k:04d}-{key}"
