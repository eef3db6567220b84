"""Open a project: read it, compare its catalogue with the recorded one, and train its learners."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import TypedDict

from astronomical.catalogue.catalogue import Catalogue
from astronomical.paths import local_path
from astronomical.plugins.loader import Plugins
from astronomical.session.core import SessionCore
from astronomical.session.data.catalogue_paths import moved_catalogue
from astronomical.session.data.catalogue_values import make_fingerprint
from astronomical.session.data.column_memory import memory_text, read_in_use
from astronomical.session.data.dataset import (
    Dataset,
    Progress,
    build_dataset,
    no_progress,
    open_project_catalogue,
)
from astronomical.session.errors import ChangedCatalogueError
from astronomical.session.project.damage import open_or_salvage
from astronomical.session.project.fingerprints import catalogue_differences
from astronomical.session.project.plugins import project_plugins
from astronomical.session.training.round_cache import DEFAULT_BYTES
from astronomical.tasks import Dispatch, Workers, file_exists

__all__ = ["OpenOptions", "open_core"]


class OpenOptions(TypedDict, total=False):
    """How to open a project.

    Attributes
    ----------
    read_only
        Whether to open without a lock and refuse all changes. A project with a damaged event is always opened
        read-only, with the events before it; the rest is saved in a separate file, which a notice names.
    plugins
        Plugin files, or folders of them, to run in addition to those of the project file.
    trust_plugins
        Whether to run the plugin files of the project file; otherwise only those with consent are run.
    dispatch
        See `astronomical.tasks.Jobs`.
    who
        Name of the annotator; by default the name of the account.
    catalogue
        New path of the catalogue, if it was moved. It is written to the project file once the catalogue has been
        checked.
    joined
        New paths of joined catalogues, by their index in the project file.
    progress
        Called with a description of the step and the progress, from 0 to 1.
    memory
        Memory limit of the rounds kept for undo, redo and look-ahead, in bytes.
    look_ahead
        Whether to compute the rounds of possible labels in advance; it does not change results, and needs a
        `dispatch`.
    accept_changes
        Whether to open the project even if the catalogue has changed, with a notice. By default this is refused if
        `catalogue` or `joined` give another file, and accepted otherwise.
    cancelled
        Called while the catalogue and the plugins are read; opening stops with `CancelledError` once it returns
        True.
    """

    read_only: bool
    plugins: Sequence[str | Path]
    trust_plugins: bool
    dispatch: Dispatch | None
    who: str | None
    catalogue: str | Path | None
    joined: Mapping[int, Path]
    progress: Progress
    memory: int
    look_ahead: bool
    accept_changes: bool | None
    cancelled: Callable[[], bool] | None


def open_core(
    path: str | Path,
    *,
    read_only: bool = False,
    plugins: Sequence[str | Path] = (),
    trust_plugins: bool = False,
    dispatch: Dispatch | None = None,
    who: str | None = None,
    catalogue: str | Path | None = None,
    joined: Mapping[int, Path] = MappingProxyType({}),
    progress: Progress = no_progress,
    memory: int = DEFAULT_BYTES,
    look_ahead: bool = True,
    accept_changes: bool | None = None,
    cancelled: Callable[[], bool] | None = None,
) -> SessionCore:
    """Open a project; see `Session.open`."""
    path = local_path(path)
    file_exists(path)  # detect an unresponsive disk before anything waits for it
    path = path.resolve()
    elsewhere = catalogue is not None or bool(joined)
    loaded, store = open_or_salvage(path, read_only)

    def read() -> tuple[Plugins, Catalogue, Dataset]:
        found = project_plugins(loaded.config, path.parent, plugins, trust_plugins)
        progress("Reading the catalogue", 0.0)
        table = open_project_catalogue(loaded.config, path.parent, catalogue, joined, loaded.events)
        read_in_use(loaded.config, table)
        dataset = build_dataset(loaded.config, table, found.registry, path.parent, progress, allow_missing=True)
        return found, table, dataset

    try:
        if cancelled is None:
            loaded_plugins, table, dataset = read()
        else:
            loaded_plugins, table, dataset = Workers("opening").run(read, "Opening the project", cancelled)
        core = SessionCore(
            path,
            loaded,
            store,
            dataset,
            loaded_plugins,
            dispatch=dispatch,
            who=who,
            memory=memory,
            look_ahead=look_ahead,
        )
        _check_catalogue(core, table, not elsewhere if accept_changes is None else accept_changes, elsewhere)
        _report_unfinished(core)
        if table.source.incomplete:
            core.state.notify(table.source.incomplete, "warning")
        if elsewhere and store is not None:
            moved = moved_catalogue(core.state.config.catalogue, path.parent, catalogue, joined)
            core.writer.change(catalogue=moved)
            core.writer.fold()
        if loaded.config.catalogue.optimise_memory:
            core.state.notify(memory_text(table))
        core.begin()
    except BaseException:
        if store is not None:
            store.close()
        raise
    return core


def _report_unfinished(core: SessionCore) -> None:
    """Report feature operations that did not finish."""
    features = core.plugins.registry.entries("feature")
    for name in core.state.dataset.missing_features:
        if any(entry.extension.name == name for entry in features):
            core.state.notify(
                f"The feature operation {name!r} did not finish. The project is open without "
                "its features, and no learner is trained. Correct the plugin and open the project again.",
                "error",
            )


def _check_catalogue(core: SessionCore, table: Catalogue, accept_changes: bool, elsewhere: bool) -> None:
    """Compare the catalogue with the fingerprint, or at least with the labels if it was chosen by hand."""
    config = core.state.config
    if config.catalogue.fingerprint is None:
        lost = _lost_labels(core, table) if elsewhere else ""
        if lost and not accept_changes:
            raise ChangedCatalogueError([lost])
        fingerprint = make_fingerprint(config, table)
        core.writer.change(catalogue=config.catalogue.model_copy(update={"fingerprint": fingerprint}))
        return
    differences = catalogue_differences(config, table)
    if differences:
        lost = _lost_labels(core, table)
        if lost:
            differences.append(lost)
        error = ChangedCatalogueError(differences)
        if not accept_changes:
            raise error
        core.state.notify(f"{error} Results will differ.", "warning")


def _lost_labels(core: SessionCore, table: Catalogue) -> str:
    """Return a text with the number of labelled sources that a catalogue lacks; empty if it has all."""
    lost = {event.id for event in core.state.ledger.effective if event.id is not None and event.id not in table}
    return f"{len(lost):,} of the labelled sources {'is' if len(lost) == 1 else 'are'} not in it" if lost else ""
