"""Run ``python -m astronomical.plugins.testing FILE...``.

The exit status is 0 if all checks pass, 1 if a check fails, and 2 if a file cannot be loaded.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

from astronomical.plugins.files import PluginError
from astronomical.plugins.testing.run import check_path
from astronomical.printable import one_line, printable_output


def main(paths: Sequence[str]) -> int:
    """Check plugin files and print the findings."""
    if not paths:
        sys.stderr.write("usage: python -m astronomical.plugins.testing FILE_OR_FOLDER...\n")
        return 2
    failed = n = 0
    try:
        for path in paths:
            for finding in check_path(Path(path)):
                sys.stdout.write(one_line(str(finding)) + "\n")
                n += 1
                failed += finding.error is not None
    except PluginError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    sys.stdout.write(f"{n - failed} of {n} checks passed\n")
    return 1 if failed else 0


if __name__ == "__main__":
    with printable_output():
        raise SystemExit(main(sys.argv[1:]))
