"""Registry of models, query strategies, features and plots by name."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

from astronomical.errors import AstronomicalError, InvalidInputError, did_you_mean
from astronomical.extend import Extension, Kind, extension_of
from astronomical.plugins.files import PluginFile


class UnknownExtensionError(AstronomicalError, LookupError):
    """A project file or a command names an extension that is not registered."""


class DuplicateExtensionError(InvalidInputError):
    """Two extensions of the same kind have the same name."""


@dataclass(frozen=True)
class Package:
    """An installed package that provides extensions."""

    name: str
    version: str


@dataclass(frozen=True)
class Entry:
    """A registered object, its description, and its source; `plugin` is None for a built-in object."""

    extension: Extension
    obj: Any
    source: str
    plugin: PluginFile | Package | None = None


class Registry:
    """Decorated objects by kind and name. After it has been filled, a registry is only read."""

    def __init__(self) -> None:
        self._entries: dict[tuple[Kind, str], Entry] = {}
        self._deferred: dict[Kind, Callable[[Registry], None]] = {}
        self._extras: dict[tuple[Kind, str], str] = {}
        self._makers: dict[Kind, Callable[[str], Any]] = {}

    def make_by_name(self, kind: Kind, make: Callable[[str], Any]) -> None:
        """Use a function for names that are not registered.

        Parameters
        ----------
        kind
            Kind of the objects.
        make
            Returns a decorated object from a name, or None. An `InvalidInputError` says why a name cannot be used.
        """
        self._makers[kind] = make

    def defer(self, kind: Kind, fill: Callable[[Registry], None]) -> None:
        """Register the built-in objects of a kind when it is first used, because plots import large libraries.

        Parameters
        ----------
        kind
            Kind of the objects.
        fill
            Called once with the registry.
        """
        self._deferred[kind] = fill

    def _ready(self, kind: Kind) -> None:
        fill = self._deferred.pop(kind, None)
        if fill is not None:
            fill(self)

    def copy(self) -> Registry:
        """Return a copy of the registry, to which other objects can be added."""
        fresh = Registry()
        fresh._entries.update(self._entries)
        fresh._deferred.update(self._deferred)
        fresh._extras.update(self._extras)
        fresh._makers.update(self._makers)
        return fresh

    def add(self, obj: Any, source: str, plugin: PluginFile | Package | None = None) -> None:
        """Register a decorated object.

        Parameters
        ----------
        obj
            A function or class with a decorator of `astronomical.extend`.
        source
            Its origin, to display.
        plugin
            The plugin that provides it; None for a built-in object.

        Raises
        ------
        TypeError
            If the object has no decorator of `astronomical.extend`.
        DuplicateExtensionError
            If another object of this kind has the same name.
        """
        extension = extension_of(obj)
        if extension is None:
            raise TypeError(f"{obj!r} in {source} has no decorator of astronomical.extend")
        self._ready(extension.kind)
        key = (extension.kind, extension.name)
        if key in self._entries:
            raise DuplicateExtensionError(
                f"two {extension.kind} extensions are named {extension.name!r}: "
                f"one in {self._entries[key].source}, one in {source}"
            )
        self._entries[key] = Entry(extension, obj, source, plugin)

    def announce(self, obj: Any, extra: str) -> None:
        """Name what a decorated object needs, for messages if it is not registered.

        Parameters
        ----------
        obj, extra
            The object, and the extra of the distribution that installs what it needs.
        """
        extension = extension_of(obj)
        if extension is not None:
            self._extras[(extension.kind, extension.name)] = extra

    def how_to_get(self, kind: Kind, name: str) -> str:
        """Return how to install an object that is not registered; empty if this is not known.

        Parameters
        ----------
        kind, name
            What the object is, and its name.
        """
        extra = self._extras.get((kind, name))
        return "" if extra is None else f'Install it with: pip install "astronomical-lab[{extra}]".'

    def add_all(self, objects: Iterable[Any], source: str, plugin: PluginFile | Package | None = None) -> None:
        """Register several decorated objects from one source.

        Parameters
        ----------
        objects, source, plugin
            As for `add`.
        """
        for obj in objects:
            self.add(obj, source, plugin)

    @property
    def from_plugins(self) -> tuple[Entry, ...]:
        """All entries that are not built in."""
        return tuple(entry for entry in self._entries.values() if entry.plugin is not None)

    def __iter__(self) -> Iterator[Entry]:
        for kind in tuple(self._deferred):
            self._ready(kind)
        return iter(self._entries.values())

    def find(self, kind: Kind, name: str) -> Entry:
        """Return a registered object.

        Parameters
        ----------
        kind
            ``model``, ``strategy``, ``feature`` or ``plot``.
        name
            Its name in the project file.

        Raises
        ------
        UnknownExtensionError
            If there is no object of this kind with this name.
        """
        self._ready(kind)
        entry = self._entries.get((kind, name)) or self._made(kind, name)
        if entry is None:
            needed = self.how_to_get(kind, name)
            if needed:
                raise UnknownExtensionError(f"the {kind} {name!r} is not installed. {needed.removesuffix('.')}")
            names = self.names(kind)
            listed = f"; there are {', '.join(names) or 'none'}"
            raise UnknownExtensionError(f"there is no {kind} named {name!r}{did_you_mean(name, names) or listed}")
        return entry

    def _made(self, kind: Kind, name: str) -> Entry | None:
        """Return an object that is made from its name."""
        try:
            obj = self._makers[kind](name) if kind in self._makers else None
        except InvalidInputError as error:
            raise UnknownExtensionError(f"the {kind} {name!r} cannot be used: {error}") from None
        extension = None if obj is None else extension_of(obj)
        return None if extension is None else Entry(extension, obj, name.split(".")[0])

    def names(self, kind: Kind) -> tuple[str, ...]:
        """Return the names of one kind, in the order of registration."""
        self._ready(kind)
        return tuple(name for of, name in self._entries if of == kind)

    def entries(self, kind: Kind) -> tuple[Entry, ...]:
        """Return all entries of one kind, in the order of registration."""
        self._ready(kind)
        return tuple(entry for (of, _), entry in self._entries.items() if of == kind)


@cache
def builtin_registry() -> Registry:
    """Return the registry of the built-in extensions."""
    from astronomical.catalogue import features
    from astronomical.learning import models, strategies

    registry = Registry()
    for module in (features, models, strategies):
        registry.add_all(module.BUILTINS, module.__name__)
    for extra, _, model in models.OF_EXTRAS:
        registry.announce(model, extra)
    registry.make_by_name("model", models.other_classifier)
    registry.defer("plot", _add_plots)
    return registry


def _add_plots(registry: Registry) -> None:
    from astronomical.plots import basic, bpt, mateos, sed, sky

    for module in (basic, bpt, mateos, sed, sky):
        registry.add_all(module.BUILTINS, module.__name__)
