"""The command line: exit code 0 is done, 1 is "the answer is no", 2 is "could not run".

Each command imports what it needs when it runs, so that ``astronomical --help`` is quick.
"""

from astronomical.cli.entry import main, make_parser, run

__all__ = ["main", "make_parser", "run"]
