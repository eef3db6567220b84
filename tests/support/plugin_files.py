"""Plugin files for tests."""

from __future__ import annotations

from pathlib import Path

MODEL = '''
from sklearn.naive_bayes import GaussianNB

import astronomical
from astronomical.extend import Parameter


@astronomical.model("naive_bayes", title="Naive Bayes", version="2",
                    parameters=(Parameter("smoothing", 1e-9, "Share of the largest variance.", (0.0, 1.0)),))
def naive_bayes(seed, smoothing=1e-9):
    """Return a naive Bayes classifier."""
    return GaussianNB(var_smoothing=smoothing)
'''

FEATURE = '''
import numpy as np

import astronomical


@astronomical.feature("mean", symbol="~")
def mean(columns):
    """Average columns."""
    return np.mean(columns, axis=0)
'''


def write_plugin(folder: Path, text: str = MODEL, name: str = "mine.py") -> Path:
    """Write a plugin file."""
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def canary(folder: Path) -> tuple[Path, Path]:
    """Write a plugin that leaves a mark when it is run; return the plugin and the mark."""
    mark = folder / "ran"
    return write_plugin(folder, f"open({str(mark)!r}, 'w').close()\n" + MODEL, "canary.py"), mark
