"""Compile code in the background, and use plain code with the same results until it is ready.

Compiling takes seconds, and a compiled kernel is only an optimisation. Code with a plain version therefore never
waits for its compiled version: one background thread compiles everything that is registered, one kernel at a time.

Python code cannot run while the compiler holds the global interpreter lock. Kernels that numba can cache on disk are
therefore compiled in a child process of low priority first, and then loaded from the cache, which is fast. A marker
in the cache folder of the user says that this has been done for the installed versions.
"""

from __future__ import annotations

import atexit
import contextlib
import hashlib
import importlib
import importlib.metadata
import importlib.util
import logging
import os
import platform
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import wraps
from pathlib import Path
from typing import Any, Generic, ParamSpec, TypeVar

from astronomical.paths import user_folder

__all__ = ["CompiledCode", "CompiledFunction", "fill_cache", "postpone_compiling", "start_compiling"]

P = ParamSpec("P")
R = TypeVar("R")
log = logging.getLogger(__name__)

#: With fewer rows than this, plain code is fast enough that nothing needs to be compiled.
FEW_ROWS = 20_000
#: Maximum time for the child process, in s.
_CHILD_S = 300.0
#: The child process. Its arguments are the module, other modules to import first, and the folders to import from.
_CHILD = """
import importlib, sys
sys.path[:] = sys.argv[3:]
from astronomical.tasks.compiling import compile_in_child
compile_in_child(sys.argv[1], sys.argv[2].split())
"""


class CompiledCode:
    """A module of functions that are compiled at their first call, and whether they are ready.

    The module has a generator function ``compile_kernels()`` that calls each function once, with small arguments of
    the types in use, and yields after each. The module is only imported in the background, because importing a
    compiler takes time as well.

    Parameters
    ----------
    what
        Name of the code in messages, such as "scoring of trees".
    module
        Full name of the module.
    cached
        Whether numba caches all functions of the module on disk, so that a child process can compile them.
    """

    def __init__(self, what: str, module: str, *, cached: bool = False) -> None:
        self.what, self.module, self.cached = what, module, cached
        self._ready = threading.Event()
        self._ended = threading.Event()
        self._making, self._filling = threading.Lock(), threading.Lock()
        _compiler.register(self)

    @property
    def is_ready(self) -> bool:
        """Whether the compiled functions can be called without waiting."""
        return self._ready.is_set()

    def use(self, n_rows: int) -> bool:
        """Return whether to use the compiled functions now.

        If the data are large, the functions are loaded if they are in the cache, else compiled in the background.

        Parameters
        ----------
        n_rows
            Number of rows that are about to be processed.
        """
        if n_rows >= FEW_ROWS and not self._ended.is_set():
            if self.cached and _is_cached(self.module):
                self.make_ready()
            else:
                _compiler.submit(self)
        return self.is_ready

    def wait(self, timeout: float | None = None) -> bool:
        """Compile the code unless that has been done, and return whether it is ready.

        This is for benchmarks and tests.

        Parameters
        ----------
        timeout
            Maximum time to wait in s. None means no limit.
        """
        _compiler.submit(self)
        self._ended.wait(timeout)
        return self.is_ready

    def function(self, plain: Callable[P, R]) -> CompiledFunction[P, R]:
        """Return a function that calls the compiled function of the same name if it is ready, and else `plain`."""
        return CompiledFunction(self, plain)

    def fill_cache(self, imports: Sequence[str] = ()) -> None:
        """Let a child process compile all functions, unless they can be loaded from the cache.

        Parameters
        ----------
        imports
            Modules that the child process imports first.
        """
        with self._filling:
            if self.cached and not self._ended.is_set() and not _is_cached(self.module):
                _run_child(self.module, imports)

    def make_ready(self, before_each: Callable[[], None] = lambda: None) -> None:
        """Compile all functions in the calling thread, unless that has been done.

        Parameters
        ----------
        before_each
            Called before each function.
        """
        with self._making:
            if self._ended.is_set():
                return
            try:
                before_each()
                for _ in _steps(self.module):
                    before_each()
                self._ready.set()
            except Exception:  # the plain functions remain in use
                log.warning("Could not compile the %s. It works, but is slower.", self.what, exc_info=True)
            finally:
                self._ended.set()


class CompiledFunction(Generic[P, R]):
    """A plain function, and a compiled function with the same name and the same results.

    Parameters
    ----------
    code
        The compiled functions.
    plain
        The plain function.
    """

    def __init__(self, code: CompiledCode, plain: Callable[P, R]) -> None:
        self.code, self.plain = code, plain
        self._compiled: Callable[P, R] | None = None
        wraps(plain)(self)

    def __call__(self, *args: P.args, **options: P.kwargs) -> R:
        """Call the compiled function if it is ready, and else the plain function."""
        if self._compiled is None and self.code.is_ready:
            self._compiled = self.compiled
        return (self._compiled or self.plain)(*args, **options)

    @property
    def compiled(self) -> Callable[P, R]:
        """The compiled function; it may have to be compiled first."""
        found: Callable[P, R] = getattr(importlib.import_module(self.code.module), self.plain.__name__)
        return found


class _Compiler:
    """One thread that compiles registered code in order."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._known: list[CompiledCode] = []
        self._waiting: list[CompiledCode] = []
        self._submitted: set[int] = set()
        self._all = False
        self._running = False
        self._not_before = 0.0

    def register(self, code: CompiledCode) -> None:
        """Add code, and compile it soon if all code is to be compiled."""
        with self._lock:
            self._known.append(code)
            submit = self._all
        if submit:
            self.submit(code)

    def submit_all(self) -> None:
        """Compile all code, including what is registered later."""
        with self._lock:
            self._all = True
            known = list(self._known)
        for code in known:
            self.submit(code)

    def submit(self, code: CompiledCode) -> None:
        """Compile code when its turn comes; calls after the first have no effect."""
        with self._lock:
            if id(code) in self._submitted:
                return
            self._submitted.add(id(code))
            self._waiting.append(code)
            if self._running:
                return
            self._running = True
        threading.Thread(target=self._run, name="astronomical compiler", daemon=True).start()

    def _run(self) -> None:
        while True:
            with self._lock:
                if not self._waiting:
                    self._running = False
                    return
                code = self._waiting.pop(0)
            code.fill_cache()
            code.make_ready(self._wait_until_due)

    def postpone(self, seconds: float) -> None:
        """Compile nothing more in this process for some time."""
        self._not_before = max(self._not_before, time.monotonic() + seconds)

    def _wait_until_due(self) -> None:
        while (left := self._not_before - time.monotonic()) > 0:
            time.sleep(left)


_compiler = _Compiler()


def fill_cache(code: CompiledCode, imports: Sequence[str] = ()) -> None:
    """Start the child process for some code now, before this process has time to load it.

    Parameters
    ----------
    code
        The code.
    imports
        Modules that this process imports later. The child process imports them first: where Python has not compiled
        them yet, both processes share the work.
    """
    threading.Thread(target=code.fill_cache, args=(imports,), name="astronomical cache", daemon=True).start()


def start_compiling() -> None:
    """Compile all registered code in the background, including what is registered later."""
    _compiler.submit_all()


def postpone_compiling(seconds: float) -> None:
    """Begin to compile nothing more in this process for some time, because a user waits for something else.

    Parameters
    ----------
    seconds
        The time in s.
    """
    _compiler.postpone(seconds)


def compile_in_child(module: str, imports: Iterable[str]) -> None:
    """Compile a module at low priority. This is what the child process does."""
    with contextlib.suppress(AttributeError, OSError):  # Windows has no nice
        os.nice(15)
    for name in imports:
        with contextlib.suppress(Exception):  # this process needs none of them
            importlib.import_module(name)
    for _ in _steps(module):
        pass
    from astronomical.tasks.jit import can_cache

    if not can_cache():
        return
    with contextlib.suppress(OSError):  # without the marker, the next start compiles again
        marker = _marker(module)
        marker.parent.mkdir(parents=True, exist_ok=True)
        marker.touch()


def _marker(module: str) -> Path:
    """Return the file that exists if a module is in the cache: for this file, compiler, interpreter and processor."""
    found = importlib.util.find_spec(module)
    source = Path(found.origin) if found is not None and found.origin is not None else Path()
    state = source.stat()
    versions = [importlib.metadata.version(name) for name in ("numba", "llvmlite", "numpy")]
    key = (str(source), state.st_mtime_ns, state.st_size, sys.version, *versions, platform.node(), platform.machine())
    digest = hashlib.sha256(repr((key, os.environ.get("NUMBA_CACHE_DIR"))).encode()).hexdigest()[:16]
    return user_folder("cache") / "compiled" / f"{module}-{digest}"


def _is_cached(module: str) -> bool:
    try:
        return _marker(module).exists()
    except (OSError, ImportError, ValueError):
        return False


def _steps(module: str) -> Iterator[object]:
    steps: Any = importlib.import_module(module).compile_kernels
    return iter(steps())


def _run_child(module: str, imports: Sequence[str]) -> None:
    """Let a child process compile a module, so that it is in the cache. If that fails, the cache stays as it is."""
    priority = getattr(subprocess, "BELOW_NORMAL_PRIORITY_CLASS", 0)
    folders = [folder for folder in sys.path if folder]
    command = [sys.executable, "-P", "-c", _CHILD, module, " ".join(imports), *folders]
    nothing = subprocess.DEVNULL
    try:
        child = subprocess.Popen(command, stdin=nothing, stdout=nothing, stderr=nothing, creationflags=priority)
    except OSError:
        return
    atexit.register(child.kill)
    try:
        child.wait(_CHILD_S)
    except subprocess.TimeoutExpired:
        child.kill()
        child.wait()
    finally:
        atexit.unregister(child.kill)
