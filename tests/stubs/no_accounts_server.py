"""`panel serve` on a system that does not say whose connection it is; writes down what the browser would open."""

from __future__ import annotations

import os
import sys
import webbrowser
from pathlib import Path

from astronomical.dashboard.server import peers


def _open(url: str, *_: object, **__: object) -> bool:
    Path(os.environ["ASTRONOMICAL_TEST_OPENED"]).write_text(url)
    return True


if __name__ == "__main__":
    from panel.command import main

    peers.accounts_are_known = lambda: False
    webbrowser.open = _open
    sys.argv = ["panel", "serve", *sys.argv[1:]]
    main()
