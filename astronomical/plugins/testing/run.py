"""Run the checks of an extension and collect the findings."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from astronomical.extend import Kind, extension_of
from astronomical.plugins.files import find_files, run_file
from astronomical.plugins.testing import features, light_curves, models, plots, strategies

__all__ = ["Finding", "check_extension", "check_path"]

Check = Callable[[Any], None]

_CHECKS: dict[Kind, tuple[Check, ...]] = {
    "model": models.CHECKS,
    "strategy": strategies.CHECKS,
    "feature": features.CHECKS,
    "light_curve": light_curves.CHECKS,
    "plot": plots.CHECKS,
}


@dataclass(frozen=True)
class Finding:
    """Result of a check.

    Attributes
    ----------
    extension
        Kind and name of the extension.
    check
        Description of the check.
    error
        Description of the failure; None if the check passed.
    seconds
        Duration in seconds.
    """

    extension: str
    check: str
    error: str | None
    seconds: float

    def __str__(self) -> str:
        mark = "ok    " if self.error is None else "FAILED"
        return f"{mark} {self.extension}: {self.check} ({self.seconds:.2f} s)" + (
            "" if self.error is None else f"\n       {self.error}"
        )


def check_path(path: Path) -> Iterator[Finding]:
    """Check all extensions in a plugin file or a folder of plugin files. The files are run.

    Raises
    ------
    PluginError
        If a file cannot be loaded.
    """
    for file in find_files(path):
        for obj in run_file(file):
            yield from check_extension(obj)


def check_extension(obj: Any) -> Iterator[Finding]:
    """Run all checks of an extension.

    Raises
    ------
    TypeError
        If the object has no decorator of `astronomical.extend`.
    """
    extension = extension_of(obj)
    if extension is None:
        raise TypeError(f"{obj!r} has no decorator of astronomical.extend")
    is_modal = extension.option("looks_at") == "classifier"
    for check in strategies.MODAL_CHECKS if is_modal else _CHECKS[extension.kind]:
        yield _run(f"{extension.kind} {extension.name}", check, obj)


def _run(name: str, check: Check, obj: Any) -> Finding:
    words = (check.__doc__ or check.__name__).strip().split("\n")[0].rstrip(".")
    began = time.perf_counter()
    try:
        check(obj)
        error = None
    except AssertionError as failure:
        error = str(failure) or "the check failed"
    except Exception as failure:  # any error of the plugin is a finding
        error = f"{type(failure).__name__}: {failure}"
    return Finding(name, words, error, time.perf_counter() - began)
