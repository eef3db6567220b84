"""Load the plugins of a project, and record which ones it depends on."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from astronomical.config.salvage import read_undamaged
from astronomical.config.schema import Config, PluginConfig
from astronomical.extend import Kind
from astronomical.paths import local_path, relative_to
from astronomical.plugins.consent import Consents
from astronomical.plugins.files import PluginError, PluginFile, find_files
from astronomical.plugins.loader import Plugins, load_plugins
from astronomical.plugins.registry import Entry, Package, Registry

__all__ = ["project_plugins", "untrusted_files", "used_plugins"]


def project_plugins(config: Config, folder: Path, paths: Sequence[str | Path] = (), trust: bool = False) -> Plugins:
    """Load the plugins of a project and those that the user names.

    Parameters
    ----------
    config, folder
        The project, and the folder of its file.
    paths
        Plugin files or folders named by the user.
    trust
        Whether to run the files of the project file; consent is stored for their content and their folder.
    """
    consents = Consents()

    def trusts(file: PluginFile) -> bool:
        if trust and not consents.has(file):
            consents.give(file)
        return trust or consents.has(file)

    return load_plugins([Path(path) for path in paths], config.plugins, folder, trusts)


def untrusted_files(path: Path, given: Sequence[Path] = ()) -> tuple[PluginFile, ...]:
    """Return the plugin files of a project file without consent of the user; nothing is run.

    Parameters
    ----------
    path
        The project file.
    given
        Plugin files or folders named by the user, which may be run.
    """
    consents = Consents()
    agreed = {file.sha256 for item in given for file in _readable(item)}
    found: dict[Path, PluginFile] = {}
    for plugin in read_undamaged(path).plugins:
        if plugin.path is not None:
            found |= {
                file.path: file
                for file in _readable(path.parent / local_path(plugin.path))
                if file.sha256 not in agreed and not consents.has(file)
            }
    return tuple(found.values())


def _readable(path: Path) -> tuple[PluginFile, ...]:
    try:
        return find_files(path)
    except PluginError:  # reported when the project is opened
        return ()


def used_plugins(config: Config, registry: Registry, folder: Path) -> tuple[PluginConfig, ...]:
    """Return the plugins on which a project depends; those that could not be loaded remain listed.

    Parameters
    ----------
    config
        The project.
    registry
        Registry of the project.
    folder
        Folder of the project file; paths are relative to it.
    """
    used: dict[PluginFile | Package, list[str]] = {}
    for entry in _entries(config, registry):
        assert entry.plugin is not None, "built-in extensions need no plugin"
        used.setdefault(entry.plugin, []).append(entry.extension.version)
    made = tuple(_as_config(plugin, versions, folder) for plugin, versions in used.items())
    loaded = {entry.plugin.sha256 for entry in registry.from_plugins if isinstance(entry.plugin, PluginFile)}
    named = {(plugin.name, plugin.path) for plugin in made}
    # Plugins that failed or wait for consent are still needed when the project is opened next.
    kept = [
        plugin for plugin in config.plugins if (plugin.name, plugin.path) not in named and plugin.sha256 not in loaded
    ]
    return (*kept, *made)


def _entries(config: Config, registry: Registry) -> Iterable[Entry]:
    """Return the plugin extensions that a project file names."""
    names: list[tuple[Kind, str]] = [("feature", item.operation) for item in config.features.combinations]
    for learner in config.learners:
        names += [("model", model.name) for model in learner.models]
        names.append(("strategy", learner.strategy.name))
    for pane in config.layout.panes:
        names += [("plot", name) for name in (pane.kind, pane.settings.get("plot")) if isinstance(name, str)]
    return [entry for entry in registry.from_plugins if (entry.extension.kind, entry.extension.name) in names]


def _as_config(plugin: PluginFile | Package, versions: Sequence[str], folder: Path) -> PluginConfig:
    """Return the entry of a plugin in a project file; a file has a version if all its extensions have the same one."""
    if isinstance(plugin, PluginFile):
        return PluginConfig(
            name=plugin.path.stem,
            version=versions[0] if len(set(versions)) == 1 else None,
            path=relative_to(plugin.path, folder),
            sha256=plugin.sha256,
        )
    return PluginConfig(name=plugin.name, version=plugin.version or None)
