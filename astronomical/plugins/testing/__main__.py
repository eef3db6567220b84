"""``python -m astronomical.plugins.testing FILE...``: 0 if all checks hold, 1 if not, 2 if a file does not load."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

from astronomical.plugins.files import PluginError
from astronomical.plugins.testing.run import check_path


def main(paths: Sequence[str]) -> int:
    """Check plugin files and print what was found."""
    if not paths:
        sys.stderr.write("usage: python -m astronomical.plugins.testing FILE_OR_FOLDER...\n")
        return 2
    failed = n = 0
    try:
        for path in paths:
            for finding in check_path(Path(path)):
                sys.stdout.write(f"{finding}\n")
                n += 1
                failed += finding.error is not None
    except PluginError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    sys.stdout.write(f"{n - failed} of {n} checks hold\n")
    return 1 if failed else 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
