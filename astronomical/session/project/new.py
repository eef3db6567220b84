"""Create a new project from a catalogue and a few choices."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from pydantic import ValidationError

from astronomical.catalogue.catalogue import Catalogue
from astronomical.catalogue.feature_plan import feature_names
from astronomical.config.errors import ConfigError, problems_of
from astronomical.config.schema import (
    Config,
    CuratedConfig,
    FeaturesConfig,
    LayoutConfig,
    LearnerConfig,
    ProjectConfig,
)
from astronomical.paths import local_path
from astronomical.plots.column_roles import domain_plots
from astronomical.plugins.loader import load_plugins
from astronomical.plugins.registry import Registry, builtin_registry
from astronomical.session.data.catalogue_values import feature_columns, make_fingerprint
from astronomical.session.data.dataset import build_dataset, check_columns, open_catalogue
from astronomical.session.data.feature_recipe import operations_of, recipe_of, with_double
from astronomical.session.data.vectors import vector_configs
from astronomical.session.errors import SessionError
from astronomical.session.project.catalogue_warnings import catalogue_warnings
from astronomical.session.project.checks import all_excluded, project_warnings
from astronomical.session.project.default_layout import adapt_layout, default_layout, names_for_axes, units_of
from astronomical.session.project.learned_classes import learned_classes
from astronomical.session.project.named_values import no_such_column
from astronomical.session.project.new_columns import (
    about_unfit,
    catalogue_config,
    default_features,
    label_configs,
    unknown_labels,
    unused_columns,
)
from astronomical.session.project.options import MAX_CLASSES, ProjectOptions
from astronomical.session.project.outputs import Input, check_output, plugin_inputs, refuse_within, write_project
from astronomical.session.project.plugins import used_plugins
from astronomical.session.project.project_store import check_suffix

__all__ = ["MAX_CLASSES", "NewProject", "ProjectOptions", "create", "make_config", "new_project"]

_NO_NUMBERS = (
    "No column has only numbers. If the first line of the file is the names of its columns, leave out --no-header."
)


@dataclass(frozen=True)
class NewProject:
    """A new project, warnings about it, and what was decided without being asked."""

    config: Config
    warnings: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


def new_project(
    choices: ProjectOptions,
    path: str | Path,
    *,
    plugins: Sequence[str | Path] = (),
    registry: Registry | None = None,
    overwrite: bool = False,
) -> Config:
    """Create a project and write its file.

    Parameters
    ----------
    choices
        Choices for the project.
    path
        The project file to write; a missing folder is created.
    plugins
        Plugin files, or folders of them, with feature operations.
    registry
        Registry to use instead of loading `plugins`.
    overwrite
        Whether to replace an existing file; see `astronomical.session.project.outputs.write_project`. The catalogue is
        never replaced.

    Returns
    -------
    Config
        The project.

    Raises
    ------
    SessionError, CatalogueError, ConfigError
        If the catalogue or a choice is not valid; the message explains why.
    """
    return create(choices, path, plugins=plugins, registry=registry, overwrite=overwrite).config


def create(
    choices: ProjectOptions,
    path: str | Path,
    *,
    plugins: Sequence[str | Path] = (),
    registry: Registry | None = None,
    overwrite: bool = False,
) -> NewProject:
    """Create a project like `new_project`, and return it with warnings."""
    path = local_path(path)
    check_suffix(path)
    tables = (local_path(choices.catalogue), *(local_path(join.path) for join in choices.joins))
    inputs = (*(Input("a catalogue of the new project", item) for item in tables), *plugin_inputs(plugins))
    path = check_output(path, inputs, overwrite=overwrite).resolve()
    refuse_within(path, tables)
    registry = registry or load_plugins([Path(item) for item in plugins]).registry
    made = _make(choices, path.parent, registry)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_project(made.config, path, overwrite=overwrite)
    except OSError as error:
        raise SessionError(f"{path} cannot be written: {error.strerror or error}.") from None
    return made


def make_config(choices: ProjectOptions, folder: Path, registry: Registry | None = None) -> Config:
    """Return a new project whose file will be in a folder; all choices have been checked."""
    return _make(choices, folder, registry or builtin_registry()).config


def _make(choices: ProjectOptions, folder: Path, registry: Registry) -> NewProject:
    section = catalogue_config(choices, folder)
    catalogue = open_catalogue(section, choices.catalogue, folder)
    labels = label_configs(choices, catalogue)
    section = section.model_copy(update={"unknown_labels": unknown_labels(choices, catalogue)})
    vectors = vector_configs(catalogue, choices.vectors, choices.components)
    chosen = bool(choices.features or vectors)
    unfit = {} if chosen else unused_columns(choices, catalogue, labels)
    columns = choices.features if chosen else default_features(choices, catalogue, unfit)
    if not columns and not vectors:
        why = about_unfit(unfit) if unfit else _NO_NUMBERS
        raise SessionError(f"{choices.catalogue.name} has no column for a feature. {why}")
    try:
        config = Config(
            project=ProjectConfig(
                title=choices.title or choices.catalogue.stem,
                authors=choices.authors,
                created=datetime.now(UTC).isoformat(timespec="seconds"),
                seed=choices.seed,
            ),
            catalogue=section,
            labels=labels,
            features=FeaturesConfig(
                columns=columns,
                combinations=choices.combinations,
                scaling=choices.scaling,
                missing=choices.missing_policy,
                vectors=vectors,
            ),
            split=choices.split.model_copy(update={"same_within_arcsec": choices.same_within_arcsec}),
            keys=dict(choices.keys),
            curated=CuratedConfig(use_as_test=choices.curated_test),
        )
        names = config.class_names if choices.classes is None else choices.classes
        learners = tuple(LearnerConfig(class_name=name) for name in names if name not in choices.split.drop)
        config = Config.model_validate({**config.model_dump(), "learners": [item.model_dump() for item in learners]})
    except ValidationError as error:
        raise ConfigError("The new project", problems_of(error, Config)) from None
    there = tuple(column.name for column in catalogue.columns)
    for name in feature_columns(config.features):
        if name not in there:
            raise SessionError(no_such_column(choices.catalogue, name, there))
    check_columns(config, catalogue)
    operations = operations_of(registry, config.features.combinations)
    config = config.model_copy(update={"features": with_double(config.features, catalogue, operations)})
    dataset = build_dataset(config, catalogue, registry, folder)
    config = _with_learners(config, choices, dataset.counts)
    if excluded := all_excluded(config, dataset.features):
        raise SessionError(f"Nothing can be learned: {excluded}")
    fingerprint = make_fingerprint(config, catalogue)
    made = feature_names(recipe_of(config.features), operations)
    complete = config.model_copy(
        update={
            "catalogue": section.model_copy(update={"fingerprint": fingerprint}),
            "layout": _layout(choices, names_for_axes(config.features, made), catalogue),
            "plugins": used_plugins(config, registry, folder),
        }
    )
    warnings = (
        *catalogue_warnings(complete, catalogue),
        *project_warnings(config, dataset, config.catalogue.incomplete),
    )
    return NewProject(complete, warnings, (about_unfit(unfit),) if unfit else ())


def _with_learners(config: Config, choices: ProjectOptions, counts: Mapping[str, int]) -> Config:
    """Return a project without the learners that are of no use; those that were chosen stay."""
    if choices.classes is not None:
        return config
    learned = learned_classes([item.class_name for item in config.learners], counts)
    return config.model_copy(update={"learners": tuple(item for item in config.learners if item.class_name in learned)})


def _layout(choices: ProjectOptions, names: tuple[str, ...], catalogue: Catalogue) -> LayoutConfig:
    if choices.layout is None:
        layout = default_layout(names, choices.axes, {kind: {} for kind in domain_plots(units_of(catalogue))})
    else:
        layout = adapt_layout(choices.layout, names, {*names, *catalogue.numeric_columns}, choices.axes)
    return layout.model_copy(update={"theme": "dark"}) if choices.dark else layout
