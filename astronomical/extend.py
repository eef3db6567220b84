"""Decorators that mark a model, a query strategy, a feature generator or a plot.

Nothing is registered by importing a marked object: the registry of `astronomical.plugins` collects
marked objects from the modules that it is told to look at, built-ins and plugins alike.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal, TypeVar

__all__ = ["Column", "Extension", "Parameter", "extension_of", "feature", "model", "plot", "query_strategy"]

Kind = Literal["model", "strategy", "feature", "plot"]
LooksAt = Literal["probabilities", "votes", "features"]
Learners = Literal["any", "single", "committee"]
T = TypeVar("T", bound=Callable[..., Any])
_MARK = "__astronomical__"


@dataclass(frozen=True)
class Parameter:
    """A setting of an extension: it becomes a widget and is saved in the config.

    Parameters
    ----------
    name
        Keyword under which the value is passed.
    default
        Value when the config says nothing; its type is the type of the setting.
    help
        One sentence for the tooltip.
    bounds
        Smallest and largest value allowed, both included.
    choices
        The values allowed, in the order in which they are offered.
    """

    name: str
    default: Any
    help: str = ""
    bounds: tuple[float, float] | None = None
    choices: tuple[Any, ...] | None = None

    def check(self, value: Any) -> Any:
        """Return `value` in the type of the default.

        Raises
        ------
        ValueError
            If the value has another type, or lies outside the bounds or choices.
        """
        if isinstance(self.default, float) and isinstance(value, int) and not isinstance(value, bool):
            value = float(value)
        if self.default is not None and type(value) is not type(self.default):
            raise ValueError(f"{self.name} must be of type {type(self.default).__name__}, not {value!r}")
        if self.bounds is not None and not self.bounds[0] <= value <= self.bounds[1]:
            raise ValueError(f"{self.name} must lie between {self.bounds[0]} and {self.bounds[1]}, not {value!r}")
        if self.choices is not None and value not in self.choices:
            raise ValueError(f"{self.name} must be one of {', '.join(map(str, self.choices))}, not {value!r}")
        return value


@dataclass(frozen=True)
class Column:
    """A column that a plot needs, by the part that it plays.

    Parameters
    ----------
    name
        The role: the key under which the plot finds the values, and the config the name of the column.
    help
        What it is, in a few words, for the form in which the user chooses the column.
    unit
        The unit that the plot expects; shown in the form. Empty where any unit will do.
    guesses
        Names under which the column is known; capitals, spaces and ``_`` do not count.
    optional
        Whether the plot can do without.
    """

    name: str
    help: str = ""
    unit: str = ""
    guesses: tuple[str, ...] = ()
    optional: bool = False


@dataclass(frozen=True)
class Extension:
    """What a decorator wrote down about the object that it marked."""

    kind: Kind
    name: str
    title: str
    help: str = ""
    version: str = "1"
    parameters: tuple[Parameter, ...] = ()
    options: tuple[tuple[str, Any], ...] = ()

    def option(self, name: str, default: Any = None) -> Any:
        """Return an option that belongs to this kind of extension only."""
        return dict(self.options).get(name, default)

    def check(self, given: dict[str, Any]) -> dict[str, Any]:
        """Return all parameters, the given ones checked and the others at their defaults.

        Raises
        ------
        ValueError
            If a parameter is unknown or its value is not allowed.
        """
        known = {p.name: p for p in self.parameters}
        for name in given:
            if name not in known:
                raise ValueError(f"{self.name} has no parameter {name!r}; it has {', '.join(known) or 'none'}")
        return {name: p.check(given[name]) if name in given else p.default for name, p in known.items()}


def extension_of(obj: object) -> Extension | None:
    """Return what is written on a marked object, or None for any other."""
    found = getattr(obj, _MARK, None)
    return found if isinstance(found, Extension) else None


def _mark(kind: Kind, name: str, title: str, help: str, version: str,
          parameters: tuple[Parameter, ...], **options: Any) -> Callable[[T], T]:
    def decorate(obj: T) -> T:
        text = help or (obj.__doc__ or "").strip().split("\n")[0]
        setattr(obj, _MARK, Extension(kind, name, title or name, text, version, parameters, tuple(options.items())))
        return obj

    return decorate


def model(name: str, *, title: str = "", help: str = "", version: str = "1",
          parameters: tuple[Parameter, ...] = (), native_missing: bool = False) -> Callable[[T], T]:
    """Mark a function ``f(seed, **parameters)`` that returns a scikit-learn classifier.

    Parameters
    ----------
    name
        Name in the config and on the command line.
    title, help, version
        What the screen shows, and the version kept in the config.
    parameters
        Settings that the function takes as keywords.
    native_missing
        Whether the classifier accepts NaN among its features.
    """
    return _mark("model", name, title, help, version, parameters, native_missing=native_missing)


def query_strategy(name: str, *, title: str = "", help: str = "", version: str = "1",
                   parameters: tuple[Parameter, ...] = (), confidence: Callable[..., Any] | None = None,
                   needs_model: bool = True, looks_at: LooksAt = "probabilities",
                   learners: Learners = "any") -> Callable[[T], T]:
    """Mark a function ``f(proba, order, **parameters)`` that returns one utility per row of the pool.

    A function that takes `n_instances` has modAL's own signature, ``f(classifier, X_pool, n_instances=1, **kw)``, and
    is used as it is: it returns the indices of the rows to be asked for, or a tuple of indices and anything else.

    Parameters
    ----------
    name
        Name in the config and on the command line.
    title, help, version
        What the screen shows, and the version kept in the config.
    parameters
        Settings that the function takes as keywords.
    confidence
        Function ``f(proba)`` that maps probabilities to the 0..1 of the confidence plot. Without it the
        plot shows the percentile of the utility.
    needs_model
        Whether the utilities depend on the model at all.
    looks_at
        What the function is given. ``"probabilities"``: those of rest and class, shape (n, 2). ``"votes"``: the
        probability of the class by each member of a committee, shape (n_members, n); `confidence` takes the same.
        ``"features"``: ``f(proba, order, space)``, where ``space.places(indices)`` returns robustly scaled features.
    learners
        Whether it is offered for single models, for committees, or for both.
    """
    def decorate(obj: T) -> T:
        seen = "classifier" if "n_instances" in inspect.signature(obj).parameters else looks_at
        return _mark("strategy", name, title, help, version, parameters, confidence=confidence,
                     needs_model=needs_model, looks_at=seen, learners=learners)(obj)

    return decorate


def feature(name: str, *, title: str = "", help: str = "", version: str = "1",
            parameters: tuple[Parameter, ...] = (), symbol: str = "") -> Callable[[T], T]:
    """Mark a function ``f(columns, **parameters)`` that turns a list of float64 arrays into one.

    Parameters
    ----------
    name
        Name of the operation in the config and on the command line.
    title, help, version
        What the screen shows, and the version kept in the config.
    parameters
        Settings that the function takes as keywords. Those that differ from their defaults stand in the name of the
        feature, as in ``power(u,g)[exponent=2]``.
    symbol
        What joins the names of the columns in the name of the feature, as the minus of ``u-g``.
    """
    return _mark("feature", name, title, help, version, parameters, symbol=symbol)


#: What else stands among the settings of a plot's pane.
_RESERVED = frozenset({"answers", "colour", "linked", "statistic"})


def plot(name: str, *, title: str = "", help: str = "", version: str = "1", columns: tuple[Column, ...] = (),
         parameters: tuple[Parameter, ...] = (), follows_focus: bool = False) -> Callable[[T], T]:
    """Mark a function ``f(data, **parameters)`` that returns a HoloViews element of the catalogue.

    Parameters
    ----------
    name
        Name in the config.
    title, help, version
        What the menu shows, and the version kept in the config.
    columns
        The columns that it needs, by role. ``data[role]`` holds the values of all sources; see
        `astronomical.plots.data.PlotData`.
    parameters
        Settings of the plot, passed as keywords.
    follows_focus
        Whether it is drawn anew when another source is selected, as a plot of that source must be.

    Raises
    ------
    ValueError
        If two roles or parameters have the same name, or one that is taken.
    """
    names = [*(column.name for column in columns), *(parameter.name for parameter in parameters)]
    for key in names:
        if key in _RESERVED or names.count(key) > 1:
            raise ValueError(f"plot {name!r}: the name {key!r} of a column or parameter is taken")
    return _mark("plot", name, title, help, version, parameters, columns=columns, follows_focus=follows_focus)
