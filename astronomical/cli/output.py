"""The commands that write results: `export`, `report` and `predict`."""

from __future__ import annotations

import argparse
from functools import partial
from pathlib import Path

from astronomical.cli.common import (
    DONE,
    Commands,
    ProgressBar,
    header_options,
    join_options,
    joins,
    naming_header_options,
    open_project,
    output_options,
    plugin_options,
    project_plugin_options,
    table_choice,
    workforce_options,
)
from astronomical.errors import InvalidInputError
from astronomical.paths import path_argument
from astronomical.printable import one_line


def add_export(commands: Commands) -> None:
    """Add `export`."""
    command = commands.add(
        "export",
        _export,
        parents=[project_plugin_options(), output_options()],
        help="write the labels, the notes, a subset, the predictions or the model of a project",
    )
    command.add_argument("config", type=path_argument, metavar="CONFIG", help="project file")
    command.add_argument("what", choices=["labels", "remarks", "subset", "predictions", "model"], help="what to write")
    command.add_argument(
        "-o",
        "--output",
        type=path_argument,
        required=True,
        metavar="FILE",
        help="table (.fits, .csv, .parquet, .vot, .ecsv) or model (.skops, .joblib) to write",
    )
    command.add_argument(
        "--without-remarks", action="store_true", help="export the labels without notes, tags and flags"
    )
    command.add_argument("--class", dest="class_name", metavar="NAME", help="export the model of this class only")
    command.add_argument("--subset", metavar="NAME", help="name of the subset to export")
    command.add_argument(
        "--for-spreadsheets",
        action="store_true",
        help="in a .csv table, put ' before texts that a spreadsheet would run as formulae",
    )


def _export(arguments: argparse.Namespace) -> int:
    if arguments.class_name is not None and arguments.what != "model":
        raise InvalidInputError("--class can only be used to export a model.")
    if arguments.without_remarks and arguments.what != "labels":
        raise InvalidInputError("--without-remarks can only be used to export labels.")
    if (arguments.subset is not None) != (arguments.what == "subset"):
        raise InvalidInputError("--subset NAME is needed to export a subset, and for nothing else.")
    if arguments.what == "subset":
        return _export_subset(arguments)
    return _export_ledger(arguments) if arguments.what in ("labels", "remarks") else _export_results(arguments)


def _export_ledger(arguments: argparse.Namespace) -> int:
    """Write the labels or the notes: they are in the project file, so the catalogue need not be there."""
    from astronomical.labels.ledger import Ledger
    from astronomical.session.export.labels import export_labels
    from astronomical.session.export.remarks import export_remarks
    from astronomical.session.project.outputs import check_output, project_inputs
    from astronomical.session.project.project_store import load_project

    project = load_project(arguments.config)
    output = check_output(
        arguments.output,
        project_inputs(project.config, arguments.config, plugins=arguments.plugins),
        overwrite=arguments.overwrite,
    )
    ledger, labels = Ledger.replay(project.events), arguments.what == "labels"
    write = partial(export_labels, remarks=not arguments.without_remarks) if labels else export_remarks
    n = write(ledger, output, for_spreadsheets=arguments.for_spreadsheets, overwrite=arguments.overwrite)
    what = "labels" if labels else f"source{'' if n == 1 else 's'} with a note, a tag or a flag"
    print(f"{arguments.output}: {n} {what}")
    return DONE


def _export_subset(arguments: argparse.Namespace) -> int:
    """Write the sources of a subset; no learner is trained for it."""
    from astronomical.session.export.subset import export_subset
    from astronomical.session.export.table_io import check_table_name
    from astronomical.session.project.outputs import check_output, project_inputs
    from astronomical.session.project.project_store import load_project

    config = load_project(arguments.config).config
    inputs = project_inputs(config, arguments.config, plugins=arguments.plugins)
    output = check_table_name(check_output(arguments.output, inputs, overwrite=arguments.overwrite))
    with ProgressBar("%", 100) as bar:
        n = export_subset(
            arguments.config,
            arguments.subset,
            output,
            plugins=arguments.plugins,
            trust_plugins=arguments.trust_plugins,
            for_spreadsheets=arguments.for_spreadsheets,
            overwrite=arguments.overwrite,
            progress=bar.to_fraction,
        )
    print(one_line(f"{arguments.output}: subset {arguments.subset}, {n:,} source{'' if n == 1 else 's'}"))
    return DONE


def _export_results(arguments: argparse.Namespace) -> int:
    """Write predictions or a model."""
    from astronomical.session.export.exports import export_work

    with open_project(arguments) as session, ProgressBar("%", 100) as bar:
        work = export_work(
            session.state,
            session.registry,
            arguments.what,
            arguments.output,
            arguments.class_name,
            for_spreadsheets=arguments.for_spreadsheets,
            inputs=session.files.inputs(),
            overwrite=arguments.overwrite,
        )
        text = work(lambda: False, bar.to_fraction)
    print(one_line(text))
    return DONE


def add_report(commands: Commands) -> None:
    """Add `report`."""
    command = commands.add(
        "report",
        _report,
        parents=[project_plugin_options(), output_options()],
        help="write a report with labels, model, predictions and all that is needed to check it",
    )
    command.add_argument("config", type=path_argument, metavar="CONFIG", help="project file")
    command.add_argument(
        "-o",
        "--output",
        type=path_argument,
        required=True,
        metavar="FOLDER|FILE.zip",
        help="new folder, or zip file, to write",
    )
    command.add_argument("--no-check", action="store_true", help="do not train the recorded rounds again")
    catalogue = command.add_mutually_exclusive_group()
    catalogue.add_argument(
        "--with-catalogue", action="store_true", help="include the catalogue (default: if it has up to 50 MB)"
    )
    catalogue.add_argument("--without-catalogue", action="store_true", help="do not include the catalogue")


def _report(arguments: argparse.Namespace) -> int:
    include = True if arguments.with_catalogue else False if arguments.without_catalogue else None
    with open_project(arguments) as session:
        session.exports.report(
            arguments.output,
            overwrite=arguments.overwrite,
            check=not arguments.no_check,
            include_catalogue=include,
        )
        text = session.state.notices[-1].text
    print(one_line(text))
    return DONE


def add_predict(commands: Commands) -> None:
    """Add `predict`."""
    command = commands.add(
        "predict",
        _predict,
        parents=[
            output_options(),
            header_options(),
            join_options(),
            workforce_options("write a folder"),
            plugin_options("plugin file, or folder of them, that the model needs (repeatable)"),
        ],
        help="predict the classes of the sources of a table with an exported model",
    )
    command.add_argument("model", type=path_argument, metavar="MODEL", help="exported model (.skops, .joblib)")
    command.add_argument(
        "catalogue", type=path_argument, metavar="CATALOGUE", help="table with the columns that the model needs"
    )
    command.add_argument(
        "-o",
        "--output",
        type=path_argument,
        required=True,
        metavar="FILE|FOLDER",
        help="table to write (.fits, .csv, .parquet, .vot, .ecsv); a name without an extension is a folder of Parquet "
        "files, for a Parquet catalogue that is larger than the memory",
    )
    command.add_argument("--table", metavar="N|NAME", help="table to read, if the file holds several")
    command.add_argument(
        "--id",
        metavar="COLUMN|row",
        help="what identifies a source; ids may be repeated (default: the id of the project)",
    )
    command.add_argument(
        "--allow-pickle",
        action="store_true",
        help="read a .joblib model; it can run any code, so use this only if you trust its author",
    )


def _predict(arguments: argparse.Namespace) -> int:
    from astronomical.plugins.loader import load_plugins
    from astronomical.session.data.catalogue_paths import join_of
    from astronomical.session.export.model_bundle import load_model
    from astronomical.session.export.table_io import check_table_name, write_table
    from astronomical.session.project.outputs import Input, check_output, plugin_inputs

    if not arguments.output.suffix:
        return _predict_whole(arguments)
    if arguments.workers > 1 or arguments.cluster is not None:
        raise InvalidInputError("--workers and --cluster need a folder as output: a name without an extension.")
    output = check_table_name(arguments.output)
    joined = [join_of(item, Path.cwd()) for item in joins(arguments.join)]
    inputs = (
        Input("the model", arguments.model),
        Input("the catalogue", arguments.catalogue),
        *(Input("a joined table", join.path) for join in joined),
        *plugin_inputs(arguments.plugins),
    )
    check_output(output, inputs, overwrite=arguments.overwrite)
    registry = load_plugins(arguments.plugins).registry
    model = load_model(arguments.model, allow_pickle=arguments.allow_pickle)
    with ProgressBar("%", 100) as bar, naming_header_options():
        found = model.predict(
            arguments.catalogue,
            format=arguments.format,
            table=table_choice(arguments.table),
            id=arguments.id,
            joins=joined,
            registry=registry,
            progress=bar.to_fraction,
        )
    write_table(found, output, overwrite=arguments.overwrite)
    print(one_line(f"{output}: {len(found):,} sources, classes {', '.join(model.classes)}"))
    return DONE


def _predict_whole(arguments: argparse.Namespace) -> int:
    """Write predictions part by part into a folder."""
    from astronomical.session.export.model_bundle import load_model
    from astronomical.session.project.outputs import Input, check_output, plugin_inputs, refuse_within
    from astronomical.session.whole.part_runner import Workforce
    from astronomical.session.whole.predictions import predict_whole

    if arguments.join or arguments.table is not None:
        raise InvalidInputError("--join and --table need a table as output: a name that ends in .parquet, for example.")
    inputs = (
        Input("the model", arguments.model),
        Input("the catalogue", arguments.catalogue),
        *plugin_inputs(arguments.plugins),
    )
    check_output(arguments.output, inputs, overwrite=arguments.overwrite)
    refuse_within(arguments.output, [arguments.catalogue])
    model = load_model(arguments.model, allow_pickle=arguments.allow_pickle)
    with ProgressBar("%", 100) as bar:
        made = predict_whole(
            model,
            arguments.catalogue,
            arguments.output,
            id=arguments.id,
            plugins=arguments.plugins,
            workforce=Workforce(arguments.workers, arguments.cluster),
            overwrite=arguments.overwrite,
            progress=bar.to_fraction,
        )
    counts = ", ".join(f"{name} {n:,}" for name, n in made.counts.items())
    print(one_line(f"{made.path}: {made.n_sources:,} sources, predicted as {counts}"))
    return DONE
