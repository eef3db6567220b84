"""What the commands share: exit codes, options, the types of arguments, and the progress bar."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NoReturn

from astronomical.errors import InvalidInputError
from astronomical.paths import exists, local_path, path_argument
from astronomical.printable import PrintableStream, one_line

if TYPE_CHECKING:
    from astronomical.config.schema import JoinConfig
    from astronomical.session import Session

DONE, NO, FAILED = 0, 1, 2


class Parser(argparse.ArgumentParser):
    """A parser that says what is wrong without repeating all options."""

    def error(self, message: str) -> NoReturn:
        """Print what is wrong, and exit."""
        self.exit(FAILED, f"{self.prog}: {message}\nSee {self.prog} --help.\n")


@dataclass(frozen=True)
class Commands:
    """The commands of a parser, all with the common options.

    Attributes
    ----------
    subparsers
        What argparse returned for them.
    options
        The common options.
    """

    subparsers: Any
    options: argparse.ArgumentParser

    def add(
        self,
        name: str,
        run: Callable[[argparse.Namespace], int],
        *,
        help: str,
        parents: Sequence[argparse.ArgumentParser] = (),
    ) -> argparse.ArgumentParser:
        """Add a command, and return its parser.

        Parameters
        ----------
        name
            Name of the command.
        run
            Called with the arguments; returns the exit code.
        help
            One line for the list of commands.
        parents
            Further options.
        """
        command: argparse.ArgumentParser = self.subparsers.add_parser(
            name, parents=[self.options, *parents], help=help, description=f"{help[0].upper()}{help[1:]}."
        )
        command.set_defaults(run=run)
        return command


def plugin_options(
    help: str = "plugin file, or folder of them, to load (repeatable)",
) -> argparse.ArgumentParser:
    """Return the option that names plugins.

    Parameters
    ----------
    help
        What the plugins are for.
    """
    options = argparse.ArgumentParser(add_help=False)
    options.add_argument("--plugins", type=path_argument, action="append", default=[], metavar="PATH", help=help)
    return options


def project_plugin_options() -> argparse.ArgumentParser:
    """Return the options about plugins of commands that open a project."""
    options = argparse.ArgumentParser(add_help=False, parents=[plugin_options()])
    options.add_argument(
        "--trust-plugins", action="store_true", help="allow the plugin files named in the project file to run"
    )
    return options


def learner_options(class_help: str, *, required: bool = True) -> argparse.ArgumentParser:
    """Return the options of commands that print results of a learner.

    Parameters
    ----------
    class_help
        What the class is for.
    required
        Whether a class must be given.
    """
    options = argparse.ArgumentParser(add_help=False, parents=[project_plugin_options()])
    options.add_argument("config", type=path_argument, metavar="CONFIG", help="project file")
    options.add_argument("--class", dest="class_name", required=required, metavar="NAME", help=class_help)
    options.add_argument("--json", action="store_true", help="print the result as JSON")
    return options


def open_project(arguments: argparse.Namespace, *, read_only: bool = True) -> Session:
    """Open the project of a command with its plugins; nothing is computed in advance.

    Parameters
    ----------
    arguments
        The arguments, with those of `project_plugin_options`.
    read_only
        Whether nothing may be written.
    """
    from astronomical.session import Session  # it takes a second, which --help need not

    return Session.open(
        arguments.config,
        read_only=read_only,
        look_ahead=False,
        plugins=arguments.plugins,
        trust_plugins=arguments.trust_plugins,
    )


def workforce_options(what: str) -> argparse.ArgumentParser:
    """Return the options about the processes that do the work of a command.

    Parameters
    ----------
    what
        What they do.
    """
    options = argparse.ArgumentParser(add_help=False)
    options.add_argument(
        "--workers",
        type=at_least(1),
        default=1,
        metavar="N",
        help=f"number of processes that {what}; more than 1 need the extra large (default: 1)",
    )
    options.add_argument(
        "--cluster", metavar="ADDRESS", help=f"Dask scheduler whose workers {what}, such as tcp://10.0.0.1:8786"
    )
    return options


def output_options() -> argparse.ArgumentParser:
    """Return the options of commands that write a file."""
    options = argparse.ArgumentParser(add_help=False)
    options.add_argument(
        "--overwrite",
        action="store_true",
        help="replace an existing file; a file that this command reads is never replaced",
    )
    return options


def header_options() -> argparse.ArgumentParser:
    """Return the options that say what the first line of a text table contains."""
    options = argparse.ArgumentParser(add_help=False)
    header = options.add_mutually_exclusive_group()
    header.add_argument(
        "--header",
        action="store_const",
        const="text-header",
        dest="format",
        help="read the names of the columns from the first line of a text table",
    )
    header.add_argument(
        "--no-header",
        action="store_const",
        const="text-no-header",
        dest="format",
        help="the first line of a text table is a source; the columns are named col1, col2, ...",
    )
    return options


def join_options() -> argparse.ArgumentParser:
    """Return the option that adds columns of other tables."""
    options = argparse.ArgumentParser(add_help=False)
    options.add_argument(
        "--join",
        action="append",
        default=[],
        metavar="[NAME=]FILE[:COLUMN]",
        help="add the columns of another table, such as vectors in a .npy file: its rows are matched by COLUMN, which "
        "holds the ids, or row by row; with NAME, its only column gets this name (repeatable)",
    )
    return options


def joins(texts: Iterable[str]) -> tuple[JoinConfig, ...]:
    """Return the tables that `join_options` name."""
    from astronomical.config.errors import naming_input
    from astronomical.config.schema import JoinConfig

    found = []
    for text in texts:
        name, equals, path = text.partition("=")
        if not equals or any(mark in name for mark in "/\\:") or exists(local_path(text)):
            name, path = "", text
        column = ""
        if not exists(local_path(path)):
            before, _, after = path.rpartition(":")
            if before and exists(local_path(before)):
                path, column = before, after
        how = {"by": "id", "id": column} if column else {"by": "row"}
        with naming_input(f"--join {text!r}"):
            found.append(JoinConfig.model_validate({"path": path, "name": name.strip(), **how}))
    return tuple(found)


@contextmanager
def naming_header_options() -> Iterator[None]:
    """Name the options in the question what the first line of a text table contains."""
    from astronomical.catalogue.errors import HeaderChoiceError

    try:
        yield
    except HeaderChoiceError as error:
        raise InvalidInputError(f"{error}: --header, or --no-header if it is the first source") from None


def print_warnings(texts: Iterable[str]) -> None:
    """Print warnings, each on a line of its own."""
    for text in texts:
        print(one_line(f"warning: {text}"))


class ProgressBar:
    """A progress bar on stderr, where stderr is a terminal.

    Parameters
    ----------
    unit
        What is counted.
    total
        How many there are; None if this is not known yet.
    """

    def __init__(self, unit: str, total: int | None = None) -> None:
        from tqdm import tqdm

        # The bar moves the cursor, so it needs the terminal itself. It shows no text from files.
        screen = sys.stderr.stream if isinstance(sys.stderr, PrintableStream) else sys.stderr
        self._bar = tqdm(total=total, unit=f" {unit}", disable=None, leave=False, file=screen)

    def to(self, done: int, total: int) -> None:
        """Show that `done` of `total` are done."""
        self._bar.total = total
        self._bar.update(done - self._bar.n)

    def to_fraction(self, fraction: float) -> None:
        """Show that a fraction is done, in per cent."""
        self.to(round(100 * fraction), 100)

    def __enter__(self) -> ProgressBar:
        return self

    def __exit__(self, *exc: object) -> None:
        self._bar.close()


def at_least(least: int) -> Callable[[str], int]:
    """Return the type of an argument that is a whole number not below `least`."""

    def number(text: str) -> int:
        if not text.isdigit() or int(text) < least:
            raise argparse.ArgumentTypeError(f"must be a whole number, at least {least}, not {text!r}")
        return int(text)

    return number


def names(text: str) -> tuple[str, ...]:
    """Return the names in a text that separates them by commas."""
    return tuple(part.strip() for part in text.split(",") if part.strip())


def numbers(text: str) -> tuple[float, ...]:
    """Return the numbers in a text that separates them by commas."""
    try:
        return tuple(float(part) for part in names(text))
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"{error} in {text!r}") from None


def table_choice(text: str | None) -> int | str | None:
    """Return which table of a file is meant: a number or a name."""
    return int(text) if text is not None and text.isdigit() else text
