"""The runs of a benchmark on disk: one line of JSON for each, so that a benchmark can be continued."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from astronomical.labels.lock import LockedError, ProjectLock
from astronomical.session.benchmark.plan import Method, Plan, Run
from astronomical.session.errors import SessionError
from astronomical.session.project.round_records import environment

__all__ = ["Curve", "RunFile"]

#: Scores of a run by name, and `n_labels`: one value for each number of labels.
Curve = dict[str, list[Any]]
#: Version of the format.
_FORMAT = 1
#: What identifies a run in the file: project, class, strategy, model, start, seed and number of labels.
_KEYS = ("project", "class", "strategy", "model", "start", "seed", "labels")
_AGAIN = "Compute all runs again (--restart), or choose another name for the output."


class RunFile:
    """Runs that are done.

    A line is on disk when `add` returns. A last line that a crash left incomplete is removed.

    Parameters
    ----------
    path
        The file.
    plan
        The runs that are wanted. The file may have others as well.
    """

    def __init__(self, path: Path, plan: Plan) -> None:
        self.path = path
        self._plan = plan
        self._curves: dict[tuple[Any, ...], Curve] = {}

    @contextmanager
    def opened(self, *, restart: bool = False) -> Iterator[RunFile]:
        """Read the file, and keep other processes from writing it.

        Parameters
        ----------
        restart
            Whether to forget the runs in the file.

        Raises
        ------
        SessionError
            If the file cannot be read or written, another process writes it, or its runs were computed from other
            data, with other versions of packages, or with another plugin.
        """
        with self._locked():
            with self._naming_errors():
                if restart or not self.path.exists():
                    self._begin()
                else:
                    self._read()
            yield self

    def curve(self, run: Run) -> Curve | None:
        """Return the result of a run; None if it is not done."""
        return self._curves.get(_key(_plain(run)))

    def missing(self) -> list[Run]:
        """Return the runs of the plan that are not done."""
        return [run for run in self._plan.runs if self.curve(run) is None]

    def add(self, run: Run, curve: Curve) -> None:
        """Write the result of a run."""
        method = (name.partition(":")[0] for name in (run.method.strategy, run.method.model))
        plugins = {name: self._plan.plugins[name] for name in method if name in self._plan.plugins}
        self._append({**_plain(run), "data": run.task.digest, "plugins": plugins, "curve": curve})
        self._curves[_key(_plain(run))] = curve

    @contextmanager
    def _locked(self) -> Iterator[None]:
        lock = ProjectLock(self.path)
        try:
            with self._naming_errors():
                lock.acquire()
        except LockedError:
            raise SessionError(f"Another benchmark is writing {self.path}. Wait for it, or stop it.") from None
        try:
            yield
        finally:
            lock.release()

    @contextmanager
    def _naming_errors(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise SessionError(f"{self.path} cannot be written: {error.strerror or error}.") from None

    def _begin(self) -> None:
        now = environment()
        self.path.write_bytes(b"")
        self._append({"benchmark": _FORMAT, "python": now.python, "packages": dict(now.packages)})

    def _append(self, line: dict[str, Any]) -> None:
        with self._naming_errors(), self.path.open("ab") as file:
            file.write(json.dumps(line, ensure_ascii=False, allow_nan=False).encode() + b"\n")
            file.flush()
            os.fsync(file.fileno())

    def _read(self) -> None:
        content = self.path.read_bytes()
        whole = content[: content.rfind(b"\n") + 1]
        lines = whole.splitlines()
        if not lines:
            self._begin()
            return
        for number, line in enumerate(lines, start=1):
            try:
                found = json.loads(line)
                self._check_header(found) if number == 1 else self._take(found)
            except SessionError:
                raise
            except (ValueError, TypeError, KeyError, AttributeError):
                raise SessionError(f"{self.path}, line {number}: this is not a run of a benchmark. {_AGAIN}") from None
        if len(whole) < len(content):
            with self.path.open("r+b") as file:
                file.truncate(len(whole))

    def _check_header(self, header: dict[str, Any]) -> None:
        if header["benchmark"] != _FORMAT:
            raise ValueError("another format")
        now = environment()
        then = {"python": header["python"], **header["packages"]}
        changed = _changes(then, {"python": now.python, **now.packages})
        if changed:
            raise SessionError(f"{self.path} was computed with other versions: {'; '.join(changed)}. {_AGAIN}")

    def _take(self, line: dict[str, Any]) -> None:
        """Read a run, and check that it was computed from the data and plugins of today."""
        for task in self._plan.tasks:
            if (task.project, task.class_name) == (line["project"], line["class"]) and task.digest != line["data"]:
                raise SessionError(
                    f"{self.path} has runs of {task} from other data: the catalogue, the features, the labels or the "
                    f"split of the project have changed since. {_AGAIN}"
                )
        for name, then in line["plugins"].items():
            if self._plan.plugins.get(name, then) != then:
                raise SessionError(f"{self.path} has runs with another version of the plugin of {name!r}. {_AGAIN}")
        curve = line["curve"]
        if len({len(values) for values in curve.values()}) != 1:
            raise ValueError("a curve with values of different length")
        self._curves[_key(line)] = curve


def _plain(run: Run) -> dict[str, Any]:
    method: Method = run.method
    values = (run.task.project, run.task.class_name, method.strategy, method.model, method.start)
    return dict(zip(_KEYS, (*values, run.seed, run.n_labels), strict=True))


def _key(line: dict[str, Any]) -> tuple[Any, ...]:
    return tuple(line[key] for key in _KEYS)


def _changes(then: dict[str, str], now: dict[str, str]) -> Iterable[str]:
    return [f"{name} {old} then, {now.get(name, 'none')} now" for name, old in then.items() if now.get(name) != old]
