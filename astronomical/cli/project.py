"""The commands about project files: `new`, `validate` and `migrate`."""

from __future__ import annotations

import argparse
import json
import sys
from typing import Any

from astronomical.cli.common import (
    DONE,
    NO,
    Commands,
    at_least,
    header_options,
    join_options,
    joins,
    names,
    naming_header_options,
    numbers,
    open_project,
    output_options,
    plugin_options,
    print_warnings,
    project_plugin_options,
    table_choice,
)
from astronomical.errors import InvalidInputError
from astronomical.paths import path_argument
from astronomical.printable import one_line


def add_new(commands: Commands) -> None:
    """Add `new`."""
    command = commands.add(
        "new",
        _new,
        parents=[
            output_options(),
            header_options(),
            join_options(),
            plugin_options("plugin file, or folder of them, with feature operations (repeatable)"),
        ],
        help="create a project from a catalogue",
    )
    command.add_argument("catalogue", type=path_argument, metavar="CATALOGUE", help="table of the sources")
    command.add_argument(
        "-o", "--output", type=path_argument, required=True, metavar="PROJECT", help="project file to write"
    )
    command.add_argument("--id", required=True, metavar="COLUMN|position|row", help="what identifies a source")
    command.add_argument("--label", metavar="COLUMN", help="column of the labels")
    command.add_argument(
        "--label-name",
        action="append",
        default=[],
        metavar="VALUE=NAME",
        help="class name for a value of the label column (repeatable)",
    )
    command.add_argument(
        "--features",
        type=names,
        default=(),
        metavar="a,b,c",
        help="columns used as features (default: all numeric columns except ids, dates, positions, flags, errors, "
        "constants, redshifts and results of classifications; none with --vectors)",
    )
    command.add_argument(
        "--vectors",
        type=names,
        default=(),
        metavar="a,b,c",
        help="columns of vectors used as features, such as embeddings of images",
    )
    command.add_argument(
        "--components",
        type=at_least(1),
        metavar="N",
        help="replace the values of each vector by N principal components",
    )
    command.add_argument(
        "--combine",
        action="append",
        default=[],
        metavar="OP:N[:COL,COL,...]",
        help="subtract, add, multiply or divide all combinations of N columns (repeatable)",
    )
    command.add_argument(
        "--column",
        action="append",
        default=[],
        metavar="NAME=EXPRESSION",
        help="add a virtual column, such as 'colour=g - r' or 'mag=flux_to_abmag(flux)' (repeatable)",
    )
    command.add_argument(
        "--unknown",
        type=names,
        default=(),
        metavar="VALUE,...",
        help="labels that mean unknown, in addition to -1 and usual words such as null, None, N/A, --, ? and unknown "
        "(to use one of these as a class, give it a name by --label-name=VALUE=NAME)",
    )
    command.add_argument(
        "--merge-alike",
        action="store_true",
        help="make one class of labels that differ only in capitals, accents or blanks",
    )
    command.add_argument("--ra", metavar="COL", help="column of the right ascension")
    command.add_argument("--dec", metavar="COL", help="column of the declination")
    command.add_argument(
        "--ra-unit",
        choices=("deg", "hourangle", "rad"),
        help="unit of the right ascension, if the file does not give it; the declination is in radians, or in degrees",
    )
    command.add_argument(
        "--missing", type=numbers, default=(), metavar="V,V", help="numbers that stand for missing values"
    )
    command.add_argument(
        "--same-within",
        type=_separation,
        default=1.0,
        metavar="ARCSEC|none",
        help="sources this close to each other, or with the same features, are the same object: in one set of the "
        "split, and queried once (default: 1)",
    )
    command.add_argument("--table", metavar="N|NAME", help="table to read, if the file holds several")
    command.add_argument(
        "--working-set",
        type=at_least(1),
        metavar="N",
        help="keep N sources of a large Parquet catalogue in memory, drawn by a hash of their ids (default: all)",
    )
    command.add_argument("--seed", type=int, default=0, help="seed of all random choices (default: 0)")
    command.add_argument("--title", default="", help="title of the project (default: name of the catalogue)")


def _new(arguments: argparse.Namespace) -> int:
    from astronomical.config.errors import naming_input
    from astronomical.config.schema import PositionConfig
    from astronomical.session.data.vectors import vector_text
    from astronomical.session.project.new import ProjectOptions, create
    from astronomical.setup.input_parsing import virtual_of

    if (arguments.ra is None) != (arguments.dec is None):
        raise InvalidInputError("Give both --ra and --dec, or neither.")
    with naming_input("--column"):
        virtual = virtual_of(arguments.column)
    with naming_input("--ra, --dec"):
        place = {} if arguments.ra is None else {"ra": arguments.ra, "dec": arguments.dec}
        position = PositionConfig(**place) if place else None
    options = ProjectOptions(
        catalogue=arguments.catalogue,
        id=arguments.id,
        label=arguments.label,
        label_names=dict(_label_name(text) for text in arguments.label_name),
        unknown_labels=arguments.unknown,
        find_unknown=True,
        merge_alike=arguments.merge_alike,
        find_unit=True,
        ra_unit=arguments.ra_unit,
        features=arguments.features,
        vectors=arguments.vectors,
        components=arguments.components,
        joins=joins(arguments.join),
        combinations=tuple(_combination(text) for text in arguments.combine),
        position=position,
        virtual=virtual,
        missing=arguments.missing,
        same_within_arcsec=arguments.same_within,
        table=table_choice(arguments.table),
        format=arguments.format,
        working_set=arguments.working_set,
        seed=arguments.seed,
        title=arguments.title,
    )
    with naming_header_options():
        made = create(options, arguments.output, plugins=arguments.plugins, overwrite=arguments.overwrite)
    config = made.config
    rows = config.catalogue.fingerprint.rows if config.catalogue.fingerprint else 0
    whole = "" if config.catalogue.working_set is None else f" of {config.catalogue.working_set.of:,}"
    print(
        one_line(
            f"{arguments.output}: {rows:,}{whole} sources, classes {', '.join(config.class_names) or 'none'}, "
            f"{len(config.features.columns)} feature columns"
            + "".join(f", vector {vector_text(item)}" for item in config.features.vectors)
        )
    )
    for note in made.notes:
        print(one_line(note), file=sys.stderr)
    print_warnings(made.warnings)
    if config.catalogue.id.source == "row":  # not a column of this name
        print("The ids are row numbers: they identify the same sources only while the order of the rows is unchanged.")
    return DONE


def _separation(text: str) -> float | None:
    if text.strip().casefold() == "none":
        return None
    from astronomical.config.schema import MAX_SAME_ARCSEC

    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if not 0 <= value <= MAX_SAME_ARCSEC:
        raise argparse.ArgumentTypeError(f"{text!r} is not a separation from 0 to {MAX_SAME_ARCSEC:g} arcsec, or none")
    return value


def _label_name(text: str) -> tuple[str, str]:
    value, equals, name = text.partition("=")
    if not equals or not name:
        raise InvalidInputError(f"--label-name must be VALUE=NAME, not {text!r}.")
    return value.strip(), name.strip()


def _combination(text: str) -> Any:
    from astronomical.config.errors import naming_input
    from astronomical.config.schema import CombinationConfig

    operation, _, rest = text.partition(":")
    n, _, columns = rest.partition(":")
    if not n.isdigit() or not 2 <= int(n) <= 5:
        raise InvalidInputError(f"--combine must be OP:N[:COL,COL,...] with N from 2 to 5, not {text!r}.")
    with naming_input(f"--combine {text!r}"):
        return CombinationConfig(operation=operation, n=int(n), columns=names(columns) or None)


def add_validate(commands: Commands) -> None:
    """Add `validate`."""
    command = commands.add(
        "validate", _validate, parents=[project_plugin_options()], help="check a project file and its catalogue"
    )
    command.add_argument("config", type=path_argument, metavar="CONFIG", help="project file")
    command.add_argument("--json", action="store_true", help="print the result as JSON")


def _validate(arguments: argparse.Namespace) -> int:
    from astronomical.session.project.validate import check_project

    checked = check_project(arguments.config, plugins=arguments.plugins, trust_plugins=arguments.trust_plugins)
    problems = checked.problems
    if arguments.json:
        errors = [{"path": p.path, "value": p.value, "message": p.message} for p in problems]
        warnings = {"warnings": list(checked.warnings)} if checked.warnings else {}
        print(json.dumps({"ok": not problems, "errors": errors, **warnings}, indent=1))
    else:
        for problem in problems:
            print(one_line(str(problem)))
        print_warnings(checked.warnings)
        n = len(problems)
        print(f"{arguments.config}: {f'{n} error' + 's' * (n > 1) if n else 'valid'}")
    return NO if problems else DONE


def add_migrate(commands: Commands) -> None:
    """Add `migrate`."""
    command = commands.add(
        "migrate", _migrate, parents=[output_options()], help="create a project from a configuration of AstronomicAL"
    )
    command.add_argument(
        "old", type=path_argument, metavar="OLD", help="configuration of AstronomicAL; it is not changed"
    )
    command.add_argument(
        "-o", "--output", type=path_argument, required=True, metavar="NEW", help="project file to write"
    )


def _migrate(arguments: argparse.Namespace) -> int:
    from astronomical.session.project.migrate import migrate

    made = migrate(arguments.old, arguments.output, overwrite=arguments.overwrite)
    labels = sum(event.kind == "label" for event in made.config.events)
    print(one_line(f"{arguments.output}: classes {', '.join(made.config.class_names) or 'none'}, {labels} labels"))
    for note in made.notes:
        print(one_line(f"not migrated: {note}"))
    return DONE


def add_map(commands: Commands) -> None:
    """Add `map`."""
    command = commands.add(
        "map",
        _map,
        parents=[project_plugin_options()],
        help="make a map of the features: two columns in which similar sources are close to each other",
    )
    command.add_argument("config", type=path_argument, metavar="CONFIG", help="project file")
    command.add_argument(
        "--method",
        choices=("pca", "umap"),
        default="pca",
        help="principal components, or UMAP, which needs the extra umap (default: %(default)s)",
    )


def _map(arguments: argparse.Namespace) -> int:
    with open_project(arguments, read_only=False) as session:
        session.settings.make_map(arguments.method)
        failed = next((notice.text for notice in session.state.notices if notice.level == "error"), None)
        text = session.settings.map_text()
    if failed is not None:
        raise InvalidInputError(failed)
    print(one_line(f"{arguments.config}: {text} Its columns are map_1 and map_2."))
    return DONE
