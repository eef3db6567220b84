"""The command line: 0 is done, 1 is "the answer is no", 2 is "could not run"."""

from __future__ import annotations

import argparse
import csv
import json
import re
import sys
import traceback
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NoReturn

DONE, NO, FAILED = 0, 1, 2


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command and return its exit code. Errors go to stderr in a few lines."""
    arguments = _parser().parse_args(_join_negative_values(sys.argv[1:] if argv is None else argv))
    try:
        return int(arguments.run(arguments))
    except KeyboardInterrupt:
        print("Interrupted.", file=sys.stderr)
    except Exception as error:  # the last line of defence: a person sees a sentence, not a traceback
        if arguments.debug:
            traceback.print_exc()
        else:
            print(f"astronomical: {error or type(error).__name__}", file=sys.stderr)
    return FAILED


def _join_negative_values(argv: Sequence[str]) -> list[str]:
    """Write ``--missing -99,-9`` as ``--missing=-99,-9``: argparse would take the value for an option."""
    joined: list[str] = []
    for word in argv:
        if re.match(r"-\d", word) and joined and re.fullmatch(r"--[a-z-]+", joined[-1]):
            joined[-1] += f"={word}"
        else:
            joined.append(word)
    return joined


class _Parser(argparse.ArgumentParser):
    """A parser that says what is wrong without repeating all options."""

    def error(self, message: str) -> NoReturn:
        self.exit(FAILED, f"{self.prog}: {message}\nSee {self.prog} --help.\n")


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(prog="astronomical", description="Label, train and share, from one file.")
    common = argparse.ArgumentParser(add_help=False)
    common.add_argument("--debug", action="store_true", help="show the traceback of an error")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    for add in (_add_serve, _add_new, _add_validate, _add_reproduce, _add_simulate, _add_export, _add_predict,
                _add_migrate, _add_plugins):
        add(commands, common)
    return parser


def _plugin_options() -> argparse.ArgumentParser:
    """Return the options of commands that may need the code of plugins."""
    options = argparse.ArgumentParser(add_help=False)
    options.add_argument("--plugins", type=Path, action="append", default=[], metavar="PATH",
                         help="a plugin file, or a folder of them, to run (may be given several times)")
    options.add_argument("--trust-plugins", action="store_true",
                         help="agree to run the plugin files that the config names")
    return options


def _add_serve(commands: Any, common: argparse.ArgumentParser) -> None:
    command = commands.add_parser("serve", parents=[common, _plugin_options()],
                                  help="open the dashboard in the browser")
    command.add_argument("config", nargs="?", type=Path, metavar="CONFIG", help="a project to open")
    command.add_argument("--port", type=int, default=5006, help="port (default 5006)")
    command.add_argument("--address", help="address to listen on (default: this machine only)")
    command.add_argument("--no-show", action="store_true", help="do not open a browser")
    command.set_defaults(run=_serve)


def _serve(arguments: argparse.Namespace) -> int:
    from astronomical.dashboard.serve import serve

    return serve(arguments.config, port=arguments.port, address=arguments.address, show=not arguments.no_show,
                 plugins=arguments.plugins, trust_plugins=arguments.trust_plugins)


def _add_new(commands: Any, common: argparse.ArgumentParser) -> None:
    command = commands.add_parser("new", parents=[common], help="make a project from a catalogue")
    command.add_argument("catalogue", type=Path, metavar="CATALOGUE")
    command.add_argument("-o", "--output", type=Path, required=True, metavar="PROJECT", help="config to write")
    command.add_argument("--id", required=True, metavar="COLUMN|position|row", help="where the id comes from")
    command.add_argument("--label", metavar="COLUMN", help="label column")
    command.add_argument("--label-name", action="append", default=[], metavar="VALUE=NAME",
                         help="class that a value of the label column means (may be given several times)")
    command.add_argument("--features", type=_names, default=(), metavar="a,b,c",
                         help="columns used as features (default: every numeric column without another use)")
    command.add_argument("--combine", action="append", default=[], metavar="OP:N[:COL,COL,...]",
                         help="combine features: subtract, add, multiply or divide all subsets of N columns")
    command.add_argument("--ra", metavar="COL")
    command.add_argument("--dec", metavar="COL")
    command.add_argument("--missing", type=_numbers, default=(), metavar="V,V", help="numbers that mean missing")
    command.add_argument("--table", metavar="N|NAME", help="which table of the file")
    command.add_argument("--seed", type=int, default=0)
    command.add_argument("--title", default="")
    command.add_argument("--plugins", type=Path, action="append", default=[], metavar="PATH",
                         help="a plugin file, or a folder of them, with feature operations")
    command.set_defaults(run=_new)


def _new(arguments: argparse.Namespace) -> int:
    from astronomical.config.schema import PositionConfig
    from astronomical.session.new import Choices, new_project

    if (arguments.ra is None) != (arguments.dec is None):
        raise ValueError("--ra and --dec go together.")
    table = arguments.table
    choices = Choices(
        catalogue=arguments.catalogue,
        id=arguments.id,
        label=arguments.label,
        label_names=dict(_pair(text) for text in arguments.label_name),
        features=arguments.features,
        combinations=tuple(_combination(text) for text in arguments.combine),
        position=None if arguments.ra is None else PositionConfig(ra=arguments.ra, dec=arguments.dec),
        missing=arguments.missing,
        table=int(table) if table is not None and table.isdigit() else table,
        seed=arguments.seed,
        title=arguments.title,
    )
    config = new_project(choices, arguments.output, plugins=arguments.plugins)
    print(f"{arguments.output}: {config.catalogue.fingerprint.rows if config.catalogue.fingerprint else 0:,} sources, "
          f"classes {', '.join(config.class_names) or 'none'}, {len(config.features.columns)} feature columns")
    if arguments.id == "row":
        print("The ids are row numbers: they mean the same sources only while the rows keep their order.")
    return DONE


def _add_validate(commands: Any, common: argparse.ArgumentParser) -> None:
    command = commands.add_parser("validate", parents=[common, _plugin_options()],
                                  help="check a config and its catalogue")
    command.add_argument("config", type=Path, metavar="CONFIG")
    command.add_argument("--json", action="store_true")
    command.set_defaults(run=_validate)


def _validate(arguments: argparse.Namespace) -> int:
    from astronomical.session.validate import validate

    problems = validate(arguments.config, plugins=arguments.plugins, trust_plugins=arguments.trust_plugins)
    if arguments.json:
        errors = [{"path": p.path, "value": p.value, "message": p.message} for p in problems]
        print(json.dumps({"ok": not problems, "errors": errors}, indent=1))
    else:
        for problem in problems:
            print(problem)
        print(f"{arguments.config}: {'valid' if not problems else f'{len(problems)} errors'}")
    return NO if problems else DONE


def _add_reproduce(commands: Any, common: argparse.ArgumentParser) -> None:
    command = commands.add_parser("reproduce", parents=[common, _plugin_options()],
                                  help="replay a config and compare its results")
    command.add_argument("config", type=Path, metavar="CONFIG")
    command.add_argument("--catalogue", type=Path, metavar="PATH", help="the catalogue, if it has moved")
    command.add_argument("--json", action="store_true")
    command.set_defaults(run=_reproduce)


def _reproduce(arguments: argparse.Namespace) -> int:
    from astronomical.session.reproduce import reproduce

    with _bar("rounds") as bar:
        report = reproduce(arguments.config, catalogue=arguments.catalogue, plugins=arguments.plugins,
                           trust_plugins=arguments.trust_plugins, progress=bar.to)
    if arguments.json:
        print(json.dumps({"ok": report.ok, "compared": report.compared,
                          "differences": [d.plain() for d in report.differences]}, indent=1))
        return DONE if report.ok else NO
    for difference in report.differences[:20]:
        print(difference)
    if len(report.differences) > 20:
        print(f"and {len(report.differences) - 20} more differences")
    for line in report.versions:
        print(f"package: {line}")
    print(f"{report.compared} rounds compared: "
          f"{'reproduced' if report.ok else f'{len(report.differences)} differences'}")
    return DONE if report.ok else NO


def _add_simulate(commands: Any, common: argparse.ArgumentParser) -> None:
    command = commands.add_parser("simulate", parents=[common, _plugin_options()],
                                  help="learning curves with catalogue labels as oracle")
    command.add_argument("config", type=Path, metavar="CONFIG")
    command.add_argument("--class", dest="class_name", required=True, metavar="NAME")
    command.add_argument("--labels", type=_at_least(2), required=True, metavar="N",
                         help="labels at the end of each curve")
    command.add_argument("--seeds", type=_at_least(1), required=True, metavar="K",
                         help="curves for each strategy")
    command.add_argument("--strategy", type=_names, required=True, metavar="S,S...")
    command.add_argument("--model", metavar="M", help="as in random_forest:n_estimators=100")
    command.add_argument("--start", type=_at_least(2), default=5, help="starting points (default 5)")
    command.add_argument("-o", "--output", type=Path, required=True, metavar="curves.csv")
    command.add_argument("--plot", type=Path, metavar="curves.png")
    command.set_defaults(run=_simulate)


def _simulate(arguments: argparse.Namespace) -> int:
    from astronomical.learning.simulate import CURVE_COLUMNS
    from astronomical.session.curves import check_picture, plot_curves
    from astronomical.session.simulation import simulate

    if arguments.plot is not None:
        check_picture(arguments.plot)
    rows = simulate(arguments.config, arguments.class_name, n_labels=arguments.labels, n_seeds=arguments.seeds,
                    strategies=arguments.strategy, model=arguments.model, n_start=arguments.start,
                    plugins=arguments.plugins, trust_plugins=arguments.trust_plugins)
    total = len(arguments.strategy) * arguments.seeds * (arguments.labels - arguments.start + 1)
    done = []
    # Rows are written as they come: what an interruption or a full disk leaves is not lost.
    with _bar("labels", total) as bar, arguments.output.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, CURVE_COLUMNS)
        writer.writeheader()
        for row in rows:
            writer.writerow(row)
            file.flush()
            done.append(row)
            bar.to(len(done), total)
    if arguments.plot is not None:
        plot_curves(done, arguments.plot)
    _print_ends(done)
    return DONE


def _print_ends(rows: list[dict[str, Any]]) -> None:
    """Print the mean accuracy with which the curves of each strategy end."""
    for strategy in dict.fromkeys(row["strategy"] for row in rows):
        mine = [row for row in rows if row["strategy"] == strategy]
        last = max(row["n_labels"] for row in mine)
        values = [row["accuracy"] for row in mine if row["n_labels"] == last and row["accuracy"] is not None]
        if values:
            mean = sum(values) / len(values)
            spread = (sum((v - mean) ** 2 for v in values) / len(values)) ** 0.5
            print(f"{strategy}: accuracy {mean:.4f} +- {spread:.4f} at {last} labels ({len(values)} seeds)")


def _add_export(commands: Any, common: argparse.ArgumentParser) -> None:
    command = commands.add_parser("export", parents=[common, _plugin_options()],
                                  help="write the labels, predictions or the model")
    command.add_argument("config", type=Path, metavar="CONFIG")
    command.add_argument("what", choices=["labels", "predictions", "model"])
    command.add_argument("-o", "--output", type=Path, required=True, metavar="FILE",
                         help="a table (.fits, .csv, .parquet, .vot, .ecsv); a model (.skops, or .joblib)")
    command.add_argument("--class", dest="class_name", metavar="NAME", help="the model of this class only")
    command.add_argument("--for-spreadsheets", action="store_true",
                         help="in .csv, put ' before texts that a spreadsheet would run as formulae")
    command.set_defaults(run=_export)


def _export(arguments: argparse.Namespace) -> int:
    from astronomical.labels.ledger import Ledger
    from astronomical.session.export import export_labels
    from astronomical.session.exports import export_work
    from astronomical.session.session import Session
    from astronomical.session.store import load_project

    if arguments.class_name is not None and arguments.what != "model":
        raise ValueError("--class goes with the export of a model.")
    if arguments.what == "labels":  # these are read from the project, the catalogue need not be there
        n = export_labels(Ledger.replay(load_project(arguments.config).events), arguments.output,
                          for_spreadsheets=arguments.for_spreadsheets)
        print(f"{arguments.output}: {n} labels")
        return DONE
    with (Session.open(arguments.config, read_only=True, plugins=arguments.plugins,
                       trust_plugins=arguments.trust_plugins) as session, _bar("%", 100) as bar):
        work = export_work(session.state, session.registry, arguments.what, arguments.output, arguments.class_name,
                           for_spreadsheets=arguments.for_spreadsheets)
        said = work(lambda: False, lambda fraction: bar.to(round(100 * fraction), 100))
    print(said)
    return DONE


def _add_predict(commands: Any, common: argparse.ArgumentParser) -> None:
    command = commands.add_parser("predict", parents=[common], help="predict the classes of a table with a model")
    command.add_argument("model", type=Path, metavar="MODEL")
    command.add_argument("catalogue", type=Path, metavar="CATALOGUE")
    command.add_argument("-o", "--output", type=Path, required=True, metavar="FILE",
                         help="a table (.fits, .csv, .parquet, .vot, .ecsv)")
    command.add_argument("--table", metavar="N|NAME", help="which table of the file")
    command.add_argument("--run-its-code", action="store_true",
                         help="read a .joblib model, which may run any code: only if you trust its author")
    command.add_argument("--plugins", type=Path, action="append", default=[], metavar="PATH",
                         help="a plugin file, or a folder of them, that the model needs (may be given several times)")
    command.set_defaults(run=_predict)


def _predict(arguments: argparse.Namespace) -> int:
    from astronomical.plugins.loader import load_plugins
    from astronomical.session.bundles import load_model
    from astronomical.session.tables import check_table_name, write_table

    output, table = check_table_name(arguments.output), arguments.table
    registry = load_plugins(arguments.plugins).registry
    model = load_model(arguments.model, run_its_code=arguments.run_its_code)
    with _bar("%", 100) as bar:
        found = model.predict(arguments.catalogue, table=int(table) if table is not None and table.isdigit() else table,
                              registry=registry, progress=lambda fraction: bar.to(round(100 * fraction), 100))
    write_table(found, output)
    print(f"{output}: {len(found):,} sources, classes {', '.join(model.classes)}")
    return DONE


def _add_plugins(commands: Any, common: argparse.ArgumentParser) -> None:
    command = commands.add_parser("plugins", parents=[common, _plugin_options()],
                                  help="list models, strategies, features and plots, and where they come from")
    command.add_argument("--json", action="store_true")
    command.set_defaults(run=_plugins)


def _plugins(arguments: argparse.Namespace) -> int:
    from astronomical.plugins.loader import load_plugins

    reports = load_plugins(arguments.plugins).reports
    if arguments.json:
        print(json.dumps([report.plain() for report in reports], indent=1))
        return DONE
    for report in reports:
        print(f"{report.kind:<9}{report.name:<24}{report.version:<8}{report.status:<10}{report.source}")
        if report.error is not None:
            print(f"         {report.error}")
    return DONE


def _add_migrate(commands: Any, common: argparse.ArgumentParser) -> None:
    command = commands.add_parser("migrate", parents=[common], help="make a project from a config of AstronomicAL")
    command.add_argument("old", type=Path, metavar="OLD", help="config of AstronomicAL; it is not changed")
    command.add_argument("-o", "--output", type=Path, required=True, metavar="NEW", help="config to write")
    command.set_defaults(run=_migrate)


def _migrate(arguments: argparse.Namespace) -> int:
    from astronomical.session.migrate import migrate

    made = migrate(arguments.old, arguments.output)
    labels = sum(event.kind == "label" for event in made.config.events)
    print(f"{arguments.output}: classes {', '.join(made.config.class_names) or 'none'}, {labels} labels")
    for note in made.notes:
        print(f"not taken over: {note}")
    return DONE


class _bar:  # noqa: N801 - used like a function
    """A progress bar on stderr, where stderr is a screen."""

    def __init__(self, unit: str, total: int | None = None) -> None:
        from tqdm import tqdm

        self._bar = tqdm(total=total, unit=f" {unit}", disable=None, leave=False)

    def to(self, done: int, total: int) -> None:
        """Show how far the work is."""
        self._bar.total = total
        self._bar.update(done - self._bar.n)

    def __enter__(self) -> _bar:
        return self

    def __exit__(self, *exc: object) -> None:
        self._bar.close()


def _at_least(least: int) -> Callable[[str], int]:
    def number(text: str) -> int:
        if not text.isdigit() or int(text) < least:
            raise argparse.ArgumentTypeError(f"a whole number of at least {least} is wanted, not {text!r}")
        return int(text)

    return number


def _names(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.split(",") if part.strip())


def _numbers(text: str) -> tuple[float, ...]:
    try:
        return tuple(float(part) for part in _names(text))
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"{error} in {text!r}") from None


def _pair(text: str) -> tuple[str, str]:
    value, equals, name = text.partition("=")
    if not equals or not name:
        raise ValueError(f"--label-name is written as VALUE=NAME, not {text!r}.")
    return value.strip(), name.strip()


def _combination(text: str) -> Any:
    from astronomical.config.schema import CombinationConfig

    operation, _, rest = text.partition(":")
    n, _, columns = rest.partition(":")
    if not n.isdigit() or not 2 <= int(n) <= 5:
        raise ValueError(f"--combine is written as OP:N[:COL,COL,...] with N from 2 to 5, not {text!r}.")
    return CombinationConfig(operation=operation, n=int(n), columns=_names(columns) or None)
