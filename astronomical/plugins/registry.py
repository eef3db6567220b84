"""The registry: from the names in a config to the marked objects behind them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

from astronomical.extend import Extension, Kind, extension_of
from astronomical.plugins.files import PluginFile


class UnknownExtensionError(LookupError):
    """A config or a command names something that is not registered."""


class DuplicateExtensionError(ValueError):
    """Two objects of one kind claim the same name."""


@dataclass(frozen=True)
class Package:
    """An installed package that brings extensions."""

    name: str
    version: str


@dataclass(frozen=True)
class Entry:
    """A registered object, what is written on it, and where it came from; `plugin` if it is not built in."""

    extension: Extension
    obj: Any
    source: str
    plugin: PluginFile | Package | None = None


class Registry:
    """Marked objects by kind and name. A registry is filled once and then only read."""

    def __init__(self) -> None:
        self._entries: dict[tuple[Kind, str], Entry] = {}
        self._deferred: dict[Kind, Callable[[Registry], None]] = {}

    def defer(self, kind: Kind, fill: Callable[[Registry], None]) -> None:
        """Fill in the built-in objects of a kind when it is first asked for: plots bring large libraries along.

        Parameters
        ----------
        kind
            Kind of the objects.
        fill
            Called with the registry, once.
        """
        self._deferred[kind] = fill

    def _ready(self, kind: Kind) -> None:
        fill = self._deferred.pop(kind, None)
        if fill is not None:
            fill(self)

    def copy(self) -> Registry:
        """Return a registry of the same entries, to which others can be added."""
        fresh = Registry()
        fresh._entries.update(self._entries)
        fresh._deferred.update(self._deferred)
        return fresh

    def add(self, obj: Any, source: str, plugin: PluginFile | Package | None = None) -> None:
        """Register a marked object.

        Parameters
        ----------
        obj
            A marked function or class.
        source
            Where it comes from, for people.
        plugin
            The plugin that brought it; None for what is built in.

        Raises
        ------
        TypeError
            If the object is not marked by a decorator of `astronomical.extend`.
        DuplicateExtensionError
            If another object of this kind has the name.
        """
        extension = extension_of(obj)
        if extension is None:
            raise TypeError(f"{obj!r} in {source} is not marked by a decorator of astronomical.extend")
        self._ready(extension.kind)
        key = (extension.kind, extension.name)
        if key in self._entries:
            raise DuplicateExtensionError(
                f"two {extension.kind} extensions are named {extension.name!r}: "
                f"one in {self._entries[key].source}, one in {source}"
            )
        self._entries[key] = Entry(extension, obj, source, plugin)

    def add_all(self, objects: Iterable[Any], source: str, plugin: PluginFile | Package | None = None) -> None:
        """Register several marked objects of one source.

        Parameters
        ----------
        objects, source, plugin
            As for `add`.
        """
        for obj in objects:
            self.add(obj, source, plugin)

    @property
    def from_plugins(self) -> tuple[Entry, ...]:
        """Everything that is not built in."""
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
            Its name in a config.

        Raises
        ------
        UnknownExtensionError
            If nothing of this kind has the name.
        """
        self._ready(kind)
        entry = self._entries.get((kind, name))
        if entry is None:
            raise UnknownExtensionError(
                f"there is no {kind} named {name!r}; there are {', '.join(self.names(kind)) or 'none'}"
            )
        return entry

    def names(self, kind: Kind) -> tuple[str, ...]:
        """Return the names of one kind, in the order of registration."""
        self._ready(kind)
        return tuple(name for of, name in self._entries if of == kind)

    def entries(self, kind: Kind) -> tuple[Entry, ...]:
        """Return everything of one kind, in the order of registration."""
        self._ready(kind)
        return tuple(entry for (of, _), entry in self._entries.items() if of == kind)


@cache
def builtin_registry() -> Registry:
    """Return the registry of what comes with astronomical."""
    from astronomical.catalogue import features
    from astronomical.learning import models, strategies

    registry = Registry()
    for module in (features, models, strategies):
        registry.add_all(module.BUILTINS, module.__name__)
    registry.defer("plot", _add_plots)
    return registry


def _add_plots(registry: Registry) -> None:
    from astronomical.plots import basic, bpt, mateos, sed, sky

    for module in (basic, bpt, mateos, sed, sky):
        registry.add_all(module.BUILTINS, module.__name__)
