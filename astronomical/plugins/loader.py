"""Load plugins from installed packages, and from files named by the user or by a project file."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from types import ModuleType
from typing import Any, Literal

from astronomical.config.schema import PluginConfig
from astronomical.extend import extension_of
from astronomical.paths import local_path
from astronomical.plugins.files import PluginError, PluginFile, find_files, marked_objects, read_file, run_file
from astronomical.plugins.registry import Package, Registry, builtin_registry

__all__ = ["GROUPS", "PluginReport", "Plugins", "Trust", "load_plugins", "trust_none"]

#: Entry point groups of installed packages.
GROUPS = (
    "astronomical.plots",
    "astronomical.query_strategies",
    "astronomical.models",
    "astronomical.features",
    "astronomical.light_curve_features",
)

Status = Literal["built in", "loaded", "failed", "not trusted", "missing"]
Trust = Callable[[PluginFile], bool]


@dataclass(frozen=True)
class PluginReport:
    """Status of one extension, or of a file that could not be loaded.

    Attributes
    ----------
    kind, name, version
        As given to the decorator. For a file that was not loaded, the file name and an empty kind.
    source
        Module, file or package.
    status
        Whether the extension can be used.
    error
        Why it cannot be used, as a sentence.
    file
        The file, if it needs the consent of the user.
    """

    kind: str
    name: str
    version: str
    source: str
    status: Status
    error: str | None = None
    file: PluginFile | None = None

    def plain(self) -> dict[str, str | None]:
        """Return the report as plain values for the command line."""
        return {key: getattr(self, key) for key in ("kind", "name", "version", "source", "status", "error")}


@dataclass(frozen=True)
class Plugins:
    """The registry of loaded extensions, and reports on all plugins."""

    registry: Registry
    found: tuple[PluginReport, ...]

    @property
    def reports(self) -> tuple[PluginReport, ...]:
        """Reports on the built-in extensions and on each plugin."""
        return (*_builtin_reports(), *self.found)

    @property
    def problems(self) -> tuple[str, ...]:
        """One sentence for each extension that cannot be used."""
        return tuple(report.error for report in self.found if report.error is not None)

    @property
    def untrusted(self) -> tuple[PluginFile, ...]:
        """The files that need the consent of the user."""
        return tuple(report.file for report in self.found if report.status == "not trusted" and report.file)


def trust_none(file: PluginFile) -> bool:
    """Trust no file."""
    return False


def load_plugins(
    paths: Sequence[Path] = (), named: Iterable[PluginConfig] = (), folder: Path = Path(), trusts: Trust = trust_none
) -> Plugins:
    """Load all plugins. A plugin that fails is reported and does not affect the others.

    Parameters
    ----------
    paths
        Files or folders given by the user, which counts as consent to run them.
    named
        Plugins named in a project file. Their files are run only if trusted.
    folder
        Folder of the project file, to which its paths are relative.
    trusts
        Returns whether the user has agreed to run a file.

    Returns
    -------
    Plugins
        The registry of loaded extensions, and reports on all plugins.
    """
    work = _Loading()
    for group in GROUPS:
        for point in entry_points(group=group):
            work.load_entry_point(point)
    for path in paths:
        work.load_path(path)
    for plugin in named:
        if plugin.path is None:
            work.require_package(plugin)
        else:
            work.load_named(plugin, folder / local_path(plugin.path), trusts)
    return Plugins(work.registry, tuple(work.reports))


class _Loading:
    """The state while plugins are loaded."""

    def __init__(self) -> None:
        self.registry = builtin_registry().copy()
        self.reports: list[PluginReport] = []
        self._done: set[str] = set()

    def load_entry_point(self, point: EntryPoint) -> None:
        name = point.dist.name if point.dist is not None else point.module
        package = Package(name, point.dist.version if point.dist is not None else "")
        self._attempt(point.name, f"package {name} {package.version}".strip(), partial(_objects_of, point), package)

    def require_package(self, plugin: PluginConfig) -> None:
        """Report a package that a project file names but that is not installed."""
        there = {entry.plugin.name for entry in self.registry.from_plugins if isinstance(entry.plugin, Package)}
        if plugin.name not in there:
            self._fail(
                plugin.name,
                f"package {plugin.name}",
                f"The project needs the package {_named(plugin)}, "
                "which is not installed or cannot be loaded. Install it.",
                "missing",
            )

    def load_path(self, path: Path) -> None:
        try:
            files = find_files(path)
        except PluginError as error:
            self._fail(path.name, str(path), str(error))
            return
        for file in files:
            self._run(file)

    def load_named(self, plugin: PluginConfig, path: Path, trusts: Trust) -> None:
        try:
            file = read_file(path)
        except PluginError as error:
            self._fail(
                plugin.name,
                str(path),
                f"{error} The project needs {_named(plugin)}: put its file there, or pass it with --plugins.",
                "missing",
            )
            return
        if file.sha256 in self._done or trusts(file):
            self._run(file)
        else:
            report = PluginReport(
                "",
                plugin.name,
                plugin.version or "",
                str(file.path),
                "not trusted",
                f"{file.path.name} was not run: you have not agreed to run it in this folder "
                f"(sha256 {file.sha256[:12]}…).",
                file,
            )
            self.reports.append(report)

    def _run(self, file: PluginFile) -> None:
        if file.sha256 not in self._done:
            self._done.add(file.sha256)
            self._attempt(file.path.stem, str(file.path), lambda: run_file(file), file)

    def _attempt(
        self, name: str, source: str, load: Callable[[], tuple[Any, ...]], plugin: PluginFile | Package | None = None
    ) -> None:
        try:
            objects = load()
            grown = self.registry.copy()
            grown.add_all(objects, source, plugin)
        except Exception as error:  # whatever a plugin does, the program goes on
            self._fail(name, source, str(error) or type(error).__name__)
            return
        self.registry = grown
        self.reports += [_report(obj, source, "loaded") for obj in objects]

    def _fail(self, name: str, source: str, error: str, status: Status = "failed") -> None:
        self.reports.append(PluginReport("", name, "", source, status, error))


def _named(plugin: PluginConfig) -> str:
    return f"{plugin.name} {plugin.version}" if plugin.version else plugin.name


def _objects_of(point: EntryPoint) -> tuple[Any, ...]:
    found = point.load()
    objects = marked_objects(found) if isinstance(found, ModuleType) else (found,)
    if not objects:
        raise PluginError(f"{point.value} defines no extension")
    return objects


def _builtin_reports() -> tuple[PluginReport, ...]:
    return tuple(_report(entry.obj, entry.source, "built in") for entry in builtin_registry())


def _report(obj: Any, source: str, status: Status) -> PluginReport:
    extension = extension_of(obj)
    assert extension is not None, "the registry only contains decorated objects"
    return PluginReport(extension.kind, extension.name, extension.version, source, status)
