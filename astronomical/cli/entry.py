"""Run a command, and report its errors."""

from __future__ import annotations

import argparse
import atexit
import contextlib
import os
import re
import sys
import traceback
from collections.abc import Callable, Sequence
from typing import NoReturn

from astronomical import __version__
from astronomical.cli import (
    archives,
    benchmarking,
    judging,
    learning,
    light_curves,
    moving,
    output,
    people,
    plugins,
    project,
    serving,
    whole,
)
from astronomical.cli.common import DONE, FAILED, Commands, Parser
from astronomical.errors import bug_text, explain, is_bug
from astronomical.printable import printable_output


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command and return its exit code.

    Errors go to stderr in a few lines. The traceback of a bug goes to the log, or to stderr with ``--debug``.

    Parameters
    ----------
    argv
        Words of the command line, without the name of the program; by default those of this process.
    """
    with printable_output():
        return _run(sys.argv[1:] if argv is None else argv)


def run(command: Callable[[], int] = main) -> NoReturn:
    """Run a command as a program of its own, and end the process with its exit code.

    Libraries may have threads that still read a file. Such a thread aborts the process when it calls Python while the
    interpreter shuts down. So the exit functions are called here, and the process then ends at once.

    Parameters
    ----------
    command
        Returns the exit code.
    """
    try:
        code = command()
    except SystemExit as stop:  # argparse has printed the reason
        code = stop.code if isinstance(stop.code, int) else FAILED if stop.code else DONE
    except BaseException:
        traceback.print_exc()
        code = FAILED
    with contextlib.suppress(Exception):
        atexit._run_exitfuncs()
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(Exception):
            stream.flush()
    os._exit(code)


def make_parser() -> argparse.ArgumentParser:
    """Return the parser of the command line."""
    parser = Parser(
        prog="astronomical",
        description="Label sources of a catalogue, train classifiers by active learning, and share the results.",
    )
    parser.add_argument("--version", action="version", version=f"astronomical {__version__}")
    common = argparse.ArgumentParser(add_help=False)
    common.add_argument("--debug", action="store_true", help="show the traceback of an error")
    commands = Commands(parser.add_subparsers(required=True, metavar="COMMAND"), common)
    serving.add_serve(commands)
    project.add_new(commands)
    archives.add_fetch(commands)
    archives.add_known_classes(commands)
    project.add_validate(commands)
    learning.add_reproduce(commands)
    learning.add_simulate(commands)
    benchmarking.add_benchmark(commands)
    judging.add_audit(commands)
    judging.add_belief(commands)
    judging.add_worth(commands)
    judging.add_compare(commands)
    judging.add_review(commands)
    people.add_import(commands)
    people.add_merge(commands)
    people.add_agreement(commands)
    output.add_export(commands)
    output.add_report(commands)
    output.add_predict(commands)
    whole.add_ask_whole(commands)
    project.add_map(commands)
    light_curves.add_light_curves(commands)
    project.add_migrate(commands)
    moving.add_move(commands)
    plugins.add_plugins(commands)
    return parser


def _run(argv: Sequence[str]) -> int:
    arguments = make_parser().parse_args(_join_negative_values(argv))
    try:
        code = int(arguments.run(arguments))
        if sys.stdout is not None:
            sys.stdout.flush()
        return code
    except KeyboardInterrupt:
        print("Interrupted.", file=sys.stderr)
    except Exception as error:
        if arguments.debug:
            print(traceback.format_exc(), end="", file=sys.stderr)
        print(f"astronomical: {_text_for(error, debug=arguments.debug)}", file=sys.stderr)
    return FAILED


def _text_for(error: Exception, *, debug: bool) -> str:
    """Return what to print about an error; the traceback of a bug is written to the log."""
    if is_bug(error):
        if debug:
            return bug_text("the traceback above")
        from astronomical.dashboard.server.logs import keep_log

        if keep_log() is None:
            return bug_text("the traceback that --debug shows")
    return explain(error)


def _join_negative_values(argv: Sequence[str]) -> list[str]:
    """Write ``--missing -99,-9`` as ``--missing=-99,-9``: argparse would take the value for an option."""
    joined: list[str] = []
    for word in argv:
        if re.match(r"-\d", word) and joined and re.fullmatch(r"--[a-z-]+", joined[-1]):
            joined[-1] += f"={word}"
        else:
            joined.append(word)
    return joined
