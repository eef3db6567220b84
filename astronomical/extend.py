"""Decorators that mark a model, a query strategy, a feature operation, a feature of light curves or a plot.

Importing a marked object registers nothing. The registry of `astronomical.plugins` collects marked objects from the
built-in modules and from the modules of plugins.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal, TypeVar

from astronomical.errors import InvalidInputError

__all__ = [
    "Column",
    "Extension",
    "Parameter",
    "extension_of",
    "feature",
    "light_curve_feature",
    "model",
    "plot",
    "query_strategy",
]

Kind = Literal["model", "strategy", "feature", "light_curve", "plot"]
LooksAt = Literal["probabilities", "votes", "features"]
Learners = Literal["any", "single", "committee"]
T = TypeVar("T", bound=Callable[..., Any])
_MARK = "__astronomical__"


@dataclass(frozen=True)
class Parameter:
    """A setting of a plugin, shown as a widget and saved in the project file.

    Parameters
    ----------
    name
        Keyword argument that receives the value.
    default
        Value if the project file has none; its type is the type of the setting.
    help
        One sentence for the tooltip.
    bounds
        Smallest and largest allowed value.
    choices
        Allowed values, in the order in which they are offered.
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
            If the value has another type, or is outside the bounds or choices.
        """
        if isinstance(self.default, float) and isinstance(value, int) and not isinstance(value, bool):
            value = float(value)
        if self.default is not None and type(value) is not type(self.default):
            raise InvalidInputError(f"{self.name} must be of type {type(self.default).__name__}, not {value!r}")
        if self.bounds is not None and not self.bounds[0] <= value <= self.bounds[1]:
            raise InvalidInputError(f"{self.name} must be between {self.bounds[0]} and {self.bounds[1]}, not {value!r}")
        if self.choices is not None and value not in self.choices:
            raise InvalidInputError(f"{self.name} must be one of {', '.join(map(str, self.choices))}, not {value!r}")
        return value


@dataclass(frozen=True)
class Column:
    """A column that a plot needs, identified by its role.

    Parameters
    ----------
    name
        Name of the role: the key of the values in `data`, and of the column name in the project file.
    help
        Short description, for the form in which the user chooses the column.
    unit
        Unit that the plot expects, shown in the form. Empty for any unit.
    guesses
        Usual names of the column; case, spaces and ``_`` are ignored.
    optional
        Whether the plot works without the column.
    """

    name: str
    help: str = ""
    unit: str = ""
    guesses: tuple[str, ...] = ()
    optional: bool = False


@dataclass(frozen=True)
class Extension:
    """Description of a marked object."""

    kind: Kind
    name: str
    title: str
    help: str = ""
    version: str = "1"
    parameters: tuple[Parameter, ...] = ()
    options: tuple[tuple[str, Any], ...] = ()

    def option(self, name: str, default: Any = None) -> Any:
        """Return an option that only this kind of plugin has."""
        return dict(self.options).get(name, default)

    def check(self, given: dict[str, Any]) -> dict[str, Any]:
        """Return all parameters: the given ones, checked, and the defaults of the others.

        Raises
        ------
        ValueError
            If a parameter is unknown or its value is not allowed.
        """
        known = {p.name: p for p in self.parameters}
        for name in given:
            if name not in known:
                raise InvalidInputError(f"{self.name} has no parameter {name!r}; it has {', '.join(known) or 'none'}")
        return {name: p.check(given[name]) if name in given else p.default for name, p in known.items()}


def extension_of(obj: object) -> Extension | None:
    """Return the description of a marked object, or None for any other object."""
    found = getattr(obj, _MARK, None)
    return found if isinstance(found, Extension) else None


def _mark(
    kind: Kind, name: str, title: str, help: str, version: str, parameters: tuple[Parameter, ...], **options: Any
) -> Callable[[T], T]:
    def decorate(obj: T) -> T:
        text = help or (obj.__doc__ or "").strip().split("\n")[0]
        setattr(obj, _MARK, Extension(kind, name, title or name, text, version, parameters, tuple(options.items())))
        return obj

    return decorate


def model(
    name: str,
    *,
    title: str = "",
    help: str = "",
    version: str = "1",
    parameters: tuple[Parameter, ...] = (),
    native_missing: bool = False,
) -> Callable[[T], T]:
    """Mark a function ``f(seed, **parameters)`` that returns a scikit-learn classifier.

    Parameters
    ----------
    name
        Name in the project file and on the command line.
    title, help, version
        Title and help shown on the screen, and version saved in the project file.
    parameters
        Settings, passed as keyword arguments.
    native_missing
        Whether the classifier accepts NaN in its features.
    """
    return _mark("model", name, title, help, version, parameters, native_missing=native_missing)


def query_strategy(
    name: str,
    *,
    title: str = "",
    help: str = "",
    version: str = "1",
    parameters: tuple[Parameter, ...] = (),
    confidence: Callable[..., Any] | None = None,
    needs_model: bool = True,
    looks_at: LooksAt = "probabilities",
    learners: Learners = "any",
) -> Callable[[T], T]:
    """Mark a function ``f(proba, order, **parameters)`` that returns one utility per source of the pool.

    A function with the parameter `n_instances` is called with the signature of modAL,
    ``f(classifier, X_pool, n_instances=1, **kw)``: it returns the indices of the rows to query, or a tuple that
    starts with them.

    Parameters
    ----------
    name
        Name in the project file and on the command line.
    title, help, version
        Title and help shown on the screen, and version saved in the project file.
    parameters
        Settings, passed as keyword arguments.
    confidence
        Function ``f(proba)`` that maps probabilities to the range 0 to 1 of the confidence plot. Without it, the plot
        shows the percentile of the utility.
    needs_model
        Whether the utilities depend on the model.
    looks_at
        First argument of the function. ``"probabilities"``: those of rest and class, shape (n, 2). ``"votes"``: the
        probability of the class by each member of a committee, shape (n_members, n); `confidence` takes the same.
        ``"features"``: ``f(proba, order, space)``, where ``space.places(indices)`` returns robustly scaled features.
    learners
        Whether it is offered for single models, for committees, or for both.
    """

    def decorate(obj: T) -> T:
        seen = "classifier" if "n_instances" in inspect.signature(obj).parameters else looks_at
        return _mark(
            "strategy",
            name,
            title,
            help,
            version,
            parameters,
            confidence=confidence,
            needs_model=needs_model,
            looks_at=seen,
            learners=learners,
        )(obj)

    return decorate


def feature(
    name: str,
    *,
    title: str = "",
    help: str = "",
    version: str = "1",
    parameters: tuple[Parameter, ...] = (),
    symbol: str = "",
) -> Callable[[T], T]:
    """Mark a function ``f(columns, **parameters)`` that combines a list of float64 arrays into one array.

    Parameters
    ----------
    name
        Name of the operation in the project file and on the command line.
    title, help, version
        Title and help shown on the screen, and version saved in the project file.
    parameters
        Settings, passed as keyword arguments. Values that differ from their defaults are part of the name of the
        feature, as in ``power(u,g)[exponent=2]``.
    symbol
        Symbol between the column names in the name of the feature, such as the minus sign of ``u-g``.
    """
    return _mark("feature", name, title, help, version, parameters, symbol=symbol)


def light_curve_feature(
    name: str,
    *,
    title: str = "",
    help: str = "",
    version: str = "1",
    parameters: tuple[Parameter, ...] = (),
) -> Callable[[T], T]:
    """Mark a function ``f(time, value, error, **parameters)`` that describes the light curve of a source by a number.

    It is called for each source and each band that has epochs, with times in days, ascending, magnitudes or fluxes, and
    their 1σ errors (NaN where unknown), each a float64 array of shape (n_epochs,). Upper limits are not included. It
    may return NaN for a missing value. The column is called ``lc_NAME_BAND``.

    Parameters
    ----------
    name
        Name of the feature.
    title, help, version
        Title, help, and version of the feature.
    parameters
        Settings, passed as keyword arguments with their defaults.
    """
    return _mark("light_curve", name, title, help, version, parameters)


#: Other keys among the settings of a plot's pane.
_RESERVED = frozenset({"answers", "colour", "equalised", "linked", "statistic"})


def plot(
    name: str,
    *,
    title: str = "",
    help: str = "",
    version: str = "1",
    columns: tuple[Column, ...] = (),
    parameters: tuple[Parameter, ...] = (),
    follows_focus: bool = False,
) -> Callable[[T], T]:
    """Mark a function ``f(data, **parameters)`` that returns a HoloViews element of the catalogue.

    Parameters
    ----------
    name
        Name in the project file.
    title, help, version
        Title and help shown in the menu, and version saved in the project file.
    columns
        The columns that the plot needs, by role. ``data[role]`` contains the values of all sources; see
        `astronomical.plots.plot_data.PlotData`.
    parameters
        Settings of the plot, passed as keyword arguments.
    follows_focus
        Whether to redraw the plot when another source is selected, as a plot of that source needs.

    Raises
    ------
    ValueError
        If two roles or parameters have the same name, or a reserved name.
    """
    names = [*(column.name for column in columns), *(parameter.name for parameter in parameters)]
    for key in names:
        if key in _RESERVED or names.count(key) > 1:
            raise InvalidInputError(
                f"plot {name!r}: the name {key!r} of a column or parameter is reserved or used twice"
            )
    return _mark("plot", name, title, help, version, parameters, columns=columns, follows_focus=follows_focus)
