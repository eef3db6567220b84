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

OWN_TYPE = '''
from sklearn.naive_bayes import GaussianNB

import astronomical
from astronomical.extend import Parameter


class Cautious(GaussianNB):
    """A type that is the plugin's own."""


@astronomical.model("cautious", title="Cautious Bayes",
                    parameters=(Parameter("plain", False, "Whether scikit-learn's own type is returned."),))
def cautious(seed, plain=False):
    """Return a classifier of a type of its own."""
    return GaussianNB() if plain else Cautious()
'''

FEATURE = '''
import numpy as np

import astronomical
from astronomical.extend import Parameter


@astronomical.feature("mean", symbol="~",
                      parameters=(Parameter("exponent", 1, "Of the generalised mean.", (1, 4)),))
def mean(columns, exponent=1):
    """Average columns."""
    return np.mean(np.power(columns, exponent), axis=0) ** (1 / exponent)
'''

STRATEGY = '''
import astronomical
from astronomical.extend import Parameter


@astronomical.query_strategy("off_centre", title="Off centre",
                             parameters=(Parameter("centre", 0.5, "Probability that is asked first.", (0.0, 1.0)),))
def off_centre(proba, order, centre=0.5):
    """Ask where the probability is nearest to a value."""
    return -abs(proba[:, 1] - centre)
'''

PLOT = '''
import astronomical
from astronomical.extend import Column, Parameter


@astronomical.plot("steps", title="Every nth source", columns=(Column("value", "any number", guesses=("g",)),),
                   parameters=(Parameter("every", 10, "Only one source in so many.", (1, 100)),
                               Parameter("style", "points", "How they are drawn.", choices=("points", "line"))))
def steps(data, every=10, style="points"):
    """Draw the values of some sources."""
    values = data["value"][::every]
    data.note(f"{len(values)} sources as {style}")
    return data.curve(range(len(values)), values)
'''


def write_plugin(folder: Path, text: str = MODEL, name: str = "mine.py") -> Path:
    """Write a plugin file."""
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def write_all(folder: Path, name: str = "all.py") -> Path:
    """Write a file of four plugins, one of each kind."""
    return write_plugin(folder, MODEL + FEATURE + STRATEGY + PLOT, name)


def canary(folder: Path) -> tuple[Path, Path]:
    """Write a plugin that leaves a mark when it is run; return the plugin and the mark."""
    mark = folder / "ran"
    return write_plugin(folder, f"open({str(mark)!r}, 'w').close()\n" + MODEL, "canary.py"), mark
