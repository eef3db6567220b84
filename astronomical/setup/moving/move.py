"""Move a project to another release of its catalogue: a new project, with the labels of the sources found again."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from astronomical.config.schema import Config, ScoresConfig
from astronomical.labels.ledger import Ledger
from astronomical.learning.scoring import CancelCheck, never, stop_if
from astronomical.paths import local_path
from astronomical.session import Session
from astronomical.session.data.catalogue_values import make_fingerprint
from astronomical.session.data.dataset import build_dataset, open_project_catalogue
from astronomical.session.errors import SessionError
from astronomical.session.export.table_io import check_table_name, write_table
from astronomical.session.project.outputs import Input, check_output, project_inputs, write_project
from astronomical.session.project.plugins import project_plugins
from astronomical.session.project.project_store import check_suffix, load_project, moved_paths
from astronomical.session.project.round_records import environment
from astronomical.setup.moving.catalogues import original_catalogue
from astronomical.setup.moving.columns import without_missing
from astronomical.setup.moving.new_columns import for_catalogue
from astronomical.setup.moving.outcomes import REVIEWED, Outcome, outcome_lines, outcome_table
from astronomical.setup.moving.project import carried_project, trained_ids, with_review_subset, with_training_ids
from astronomical.setup.moving.sources import FoundSources, find_sources, known_ids
from astronomical.tasks import file_exists

__all__ = ["MoveOptions", "MovedProject", "default_table", "move_lines", "move_project", "plan_move"]

Progress = Callable[[str, float], None]


def _no_progress(what: str, fraction: float) -> None:
    """Report no progress."""


@dataclass(frozen=True)
class MoveOptions:
    """How a project is moved to another catalogue.

    Attributes
    ----------
    columns
        New name of each column that has another one in the new catalogue.
    old
        Path of the catalogue that the project was made with, if it is no longer where the project file says.
    radius_arcsec
        Maximum distance of the positions of one source, in arcsec.
    epochs
        Epochs of the positions of the old and the new catalogue, in years; None to read them from columns.
    table
        Table of the new file, if it holds several.
    plugins, trust_plugins
        As for `Session.open`.
    """

    columns: Mapping[str, str] = field(default_factory=dict)
    old: Path | None = None
    radius_arcsec: float = 1.0
    epochs: tuple[float, float] | None = None
    table: int | str | None = None
    plugins: Sequence[str | Path] = ()
    trust_plugins: bool = False


@dataclass(frozen=True)
class Result:
    """Scores of the newest round of a learner on the validation set; None without any."""

    k: int
    scores: ScoresConfig | None


@dataclass(frozen=True)
class MovedProject:
    """A project that was moved, or would be.

    Attributes
    ----------
    config
        The new project; its paths are relative to the folder of the old one.
    outcomes
        What became of each source with labels, notes, tags or a flag.
    notes
        What was left out, one sentence each.
    before, after
        Result of each learner in the old and in the new project, by class; `after` is empty before it is written.
    table
        File with the outcomes; None before it is written.
    """

    config: Config
    outcomes: tuple[Outcome, ...]
    notes: tuple[str, ...]
    before: Mapping[str, Result]
    after: Mapping[str, Result] = field(default_factory=dict)
    table: Path | None = None


def plan_move(
    path: str | Path,
    catalogue: str | Path,
    options: MoveOptions | None = None,
    progress: Progress = _no_progress,
    cancelled: CancelCheck = never,
) -> MovedProject:
    """Return what `move_project` would write, without writing anything.

    Parameters
    ----------
    path, catalogue
        The project file, and the new catalogue.
    options
        How to move the project.
    progress
        Called with a description of the step and the progress, from 0 to 1.
    cancelled
        Called before each step; the work stops if it returns True.

    Raises
    ------
    Cancelled
        If `cancelled` returned True.
    MissingColumnsError
        If the new catalogue has no columns of some names; say which replace them.
    SessionError, ConfigError, CatalogueError
        If the project or a catalogue cannot be read, or sources cannot be found again.
    """
    options = options or MoveOptions()
    progress = _stopping(progress, cancelled)
    path, catalogue = local_path(path).absolute(), local_path(catalogue).absolute()
    if not file_exists(path):
        raise SessionError(f"There is no project file {path}.")
    if not file_exists(catalogue):
        raise SessionError(f"There is no catalogue {catalogue}.")
    loaded, folder = load_project(path), path.parent
    config, ledger, notes = loaded.config, Ledger.replay(loaded.events), [*loaded.notices]
    registry = project_plugins(config, folder, options.plugins, options.trust_plugins).registry
    progress("Reading the catalogues", 0.0)
    old = original_catalogue(config, folder, options.old, notes)
    progress("Reading the catalogues", 0.1)
    renamed = for_catalogue(config, catalogue, folder, options.columns, options.table, registry)
    new = open_project_catalogue(renamed, folder)
    renamed = without_missing(renamed, [column.name for column in new.columns], notes)
    progress("Finding the sources", 0.2)
    found = find_sources(
        (config, renamed), (old, new), known_ids(config, ledger), options.radius_arcsec, options.epochs
    )
    notes += _notes_about(found, config)
    outcomes = found.outcomes(ledger)
    progress("Carrying the labels over", 0.5)
    made = carried_project(renamed, ledger, found.carried, notes)
    before = None if old is None else build_dataset(config, old, registry, folder, allow_missing=True)
    progress("Computing the features", 0.6)
    trained = [found.carried[id] for id in trained_ids(config, ledger, before) if id in found.carried]
    made = with_training_ids(made, build_dataset(made, new, registry, folder, allow_missing=True), trained)
    reviewed = [item.new_id for item in outcomes if item.kind in REVIEWED and item.new_id is not None]
    made = with_review_subset(made, reviewed, new, notes)
    section = made.catalogue.model_copy(update={"fingerprint": make_fingerprint(made, new), "origin": None})
    made = made.model_copy(update={"catalogue": section})
    return MovedProject(made, outcomes, tuple(dict.fromkeys(notes)), _results(config))


def _stopping(progress: Progress, cancelled: CancelCheck) -> Progress:
    """Return a function that reports a step that begins, unless the work is to stop."""

    def begin(what: str, fraction: float) -> None:
        stop_if(cancelled)
        progress(what, fraction)

    return begin


def _notes_about(found: FoundSources, config: Config) -> list[str]:
    """Return how sources were found, and what depends on their ids, one sentence each."""
    notes = []
    if found.match.ids_differ:
        notes.append("Most ids belong to sources at other positions in the new catalogue, so ids were not used.")
    if found.match.with_motion:
        notes.append("Positions were compared at the epoch of the other catalogue, by proper motions.")
    curves = config.catalogue.light_curves
    by_id = curves is not None and curves.id is not None
    by_id |= any(join.by == "id" and join.key is None for join in config.catalogue.joins)
    if by_id and any(old != new for old, new in found.carried.items()):
        notes.append("Ids have changed: light curves and joined tables that are matched by id need the new ids.")
    return notes


def move_project(
    path: str | Path,
    catalogue: str | Path,
    output: str | Path,
    options: MoveOptions | None = None,
    *,
    table: str | Path | None = None,
    overwrite: bool = False,
    progress: Progress = _no_progress,
    cancelled: CancelCheck = never,
) -> MovedProject:
    """Move a project to another release of its catalogue. The old project is not changed.

    Labels, notes, tags and flags are carried over to the sources of the new catalogue by id, else by position. Then the
    learners are trained on the new catalogue, and their results are recorded.

    Parameters
    ----------
    path, catalogue
        The project file, and the new catalogue.
    output
        The project file to write.
    options
        How to move the project.
    table
        File of a table of the outcomes; by default beside the new project.
    overwrite
        Whether to replace existing files; never those of the old project.
    progress
        Called with a description of the step and the progress, from 0 to 1.
    cancelled
        Called before each step; the work stops if it returns True, and nothing is written. Once the project is written,
        its learners are trained to the end.

    Returns
    -------
    MovedProject
        The new project, and what became of the sources.

    Raises
    ------
    Cancelled, MissingColumnsError, SessionError, ConfigError, CatalogueError, OSError
        As for `plan_move`, or if a file cannot be written.
    """
    options = options or MoveOptions()
    path, catalogue = local_path(path).absolute(), local_path(catalogue).absolute()
    output = local_path(output)
    check_suffix(output)
    listing = check_table_name(table if table is not None else default_table(output))
    inputs = _inputs(path, catalogue, options)
    output = check_output(output, inputs, overwrite=overwrite).resolve()
    check_output(listing, inputs, overwrite=overwrite)
    made = plan_move(path, catalogue, options, progress, cancelled)
    moved = moved_paths(made.config, catalogue, path.parent, output.parent)
    stop_if(cancelled)
    output.parent.mkdir(parents=True, exist_ok=True)
    write_table(outcome_table(made.outcomes), listing, overwrite=overwrite)
    write_project(moved.model_copy(update={"environment": environment()}), output, overwrite=overwrite)
    progress("Training the learners", 0.8)
    with Session.open(
        output, look_ahead=False, plugins=options.plugins, trust_plugins=options.trust_plugins
    ) as session:
        session.save()
        after = _results(session.config)
    return replace(made, after=after, table=listing)


def default_table(output: Path) -> Path:
    """Return the file of the outcomes beside a new project."""
    return output.with_name(f"{output.stem}.sources.csv")


def move_lines(made: MovedProject) -> list[str]:
    """Return lines about a moved project: the outcomes, the results before and after, and the notes."""
    lines = outcome_lines(made.outcomes)
    for name in dict.fromkeys((*made.before, *made.after)):
        parts = [
            f"{when} {_result_text(results[name])}"
            for when, results in (("before:", made.before), ("after:", made.after))
            if name in results
        ]
        lines.append(f"{made.config.shown(name)} {'; '.join(parts)}.")
    return [*lines, *made.notes]


def _result_text(result: Result) -> str:
    scores = result.scores
    if scores is None:
        return f"{result.k:,} labels, no scores"
    parts = [
        f"{word} {value:.3f}" for word, value in (("accuracy", scores.accuracy), ("F1", scores.f1)) if value is not None
    ]
    return f"{result.k:,} labels, {', '.join(parts)} on {scores.n:,} validation sources"


def _results(config: Config) -> dict[str, Result]:
    return {
        item.class_name: Result(item.rounds[-1].k, item.rounds[-1].validation) for item in config.results if item.rounds
    }


def _inputs(path: Path, catalogue: Path, options: MoveOptions) -> list[Input]:
    config = load_project(path).config
    inputs = [*project_inputs(config, path, plugins=options.plugins), Input("the new catalogue", catalogue)]
    return inputs if options.old is None else [*inputs, Input("the old catalogue", options.old)]
