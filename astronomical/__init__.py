"""Label a few well-chosen sources of a catalogue, train a classifier, share it as one file."""

import sys


def _is_run_by_name() -> bool:
    """Return whether Python is about to run a module of this package with ``python -m astronomical``."""
    words = sys.orig_argv[1:]
    named = [
        after if word == "-m" else word[2:]
        for word, after in zip(words, [*words[1:], ""], strict=True)
        if word.startswith("-m")
    ]
    return sys.argv[:1] == ["-m"] and named[:1] != [] and named[0].partition(".")[0] == __name__


# Python puts the working folder first on the path. It may contain a file such as numpy.py that came with a catalogue,
# and importing numpy would run it. Do not import anything before this.
if _is_run_by_name() and not sys.flags.safe_path:
    del sys.path[0]

from importlib import import_module  # noqa: E402
from typing import Any  # noqa: E402

__version__ = "0.1.0.dev0"

_LAZY = {
    "Session": "astronomical.session",
    "load_model": "astronomical.session.export.model_bundle",
    "new_project": "astronomical.session.project.new",
    "open_project": "astronomical.session",
    "reproduce": "astronomical.session.evaluation.reproduce",
    "model": "astronomical.extend",
    "query_strategy": "astronomical.extend",
    "feature": "astronomical.extend",
    "light_curve_feature": "astronomical.extend",
    "plot": "astronomical.extend",
    "create_plot": "astronomical.plots.create",
}
__all__ = ["__version__", *_LAZY]


def __getattr__(name: str) -> Any:
    """Import a public name on first access, so that ``import astronomical`` is fast."""
    if name not in _LAZY:
        raise AttributeError(f"module 'astronomical' has no attribute {name!r}")
    return getattr(import_module(_LAZY[name]), name)


def __dir__() -> list[str]:
    return sorted(__all__)
