"""Which plugins a project runs with, and which of them it names for the next one who opens it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from astronomical.config.io import local_path, read_config
from astronomical.config.schema import Config, PluginConfig
from astronomical.extend import Kind
from astronomical.plugins.consent import Consents
from astronomical.plugins.files import PluginError, PluginFile, find_files
from astronomical.plugins.loader import Plugins, load_plugins
from astronomical.plugins.registry import Entry, Package, Registry
from astronomical.session.store import relative_to

__all__ = ["project_plugins", "untrusted_files", "used_plugins"]


def project_plugins(config: Config, folder: Path, paths: Sequence[str | Path] = (), trust: bool = False) -> Plugins:
    """Load what a project needs and what the user names.

    Parameters
    ----------
    config, folder
        The project, and the folder of its config.
    paths
        Plugin files or folders named by the user.
    trust
        Agree to run the files that the config names; this is remembered for exactly these files.
    """
    consents = Consents()

    def trusts(file: PluginFile) -> bool:
        if trust and not consents.has(file):
            consents.give(file)
        return trust or consents.has(file)

    return load_plugins([Path(path) for path in paths], config.plugins, folder, trusts)


def untrusted_files(path: Path, given: Sequence[Path] = ()) -> tuple[PluginFile, ...]:
    """Return the plugin files that a config names and that nobody has agreed to run; nothing is run.

    Parameters
    ----------
    path
        The config.
    given
        Plugin files or folders named by the user: they may be run.
    """
    consents = Consents()
    agreed = {file.sha256 for item in given for file in _readable(item)}
    found: dict[str, PluginFile] = {}
    for plugin in read_config(path).plugins:
        if plugin.path is not None:
            found |= {file.sha256: file for file in _readable(path.parent / local_path(plugin.path))
                      if file.sha256 not in agreed and not consents.has(file)}
    return tuple(found.values())


def _readable(path: Path) -> tuple[PluginFile, ...]:
    try:
        return find_files(path)
    except PluginError:  # told when the project opens
        return ()


def used_plugins(config: Config, registry: Registry, folder: Path) -> tuple[PluginConfig, ...]:
    """Return the plugins on which a project depends; those that could not be loaded stay named.

    Parameters
    ----------
    config
        The project.
    registry
        What it runs with.
    folder
        Folder of the config: paths are written relative to it.
    """
    used: dict[PluginFile | Package, list[str]] = {}
    for entry in _entries(config, registry):
        assert entry.plugin is not None, "what is built in needs no plugin"
        used.setdefault(entry.plugin, []).append(entry.extension.version)
    made = tuple(_as_config(plugin, versions, folder) for plugin, versions in used.items())
    loaded = {entry.plugin.sha256 for entry in registry.from_plugins if isinstance(entry.plugin, PluginFile)}
    named = {(plugin.name, plugin.path) for plugin in made}
    # What waits for consent or failed is still needed by whoever opens the project next.
    kept = [plugin for plugin in config.plugins
            if (plugin.name, plugin.path) not in named and plugin.sha256 not in loaded]
    return (*kept, *made)


def _entries(config: Config, registry: Registry) -> Iterable[Entry]:
    """Return the extensions of plugins that a config names."""
    names: list[tuple[Kind, str]] = [("feature", item.operation) for item in config.features.combinations]
    for learner in config.learners:
        names += [("model", model.name) for model in learner.models]
        names.append(("strategy", learner.strategy.name))
    for pane in config.layout.panes:
        names += [("plot", name) for name in (pane.kind, pane.settings.get("plot")) if isinstance(name, str)]
    return [entry for entry in registry.from_plugins if (entry.extension.kind, entry.extension.name) in names]


def _as_config(plugin: PluginFile | Package, versions: Sequence[str], folder: Path) -> PluginConfig:
    """Return how a config names a plugin; a file has the version of what is marked in it, if that is one version."""
    if isinstance(plugin, PluginFile):
        return PluginConfig(name=plugin.path.stem, version=versions[0] if len(set(versions)) == 1 else None,
                            path=relative_to(plugin.path, folder), sha256=plugin.sha256)
    return PluginConfig(name=plugin.name, version=plugin.version or None)
