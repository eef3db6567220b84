"""Time from a config with a large catalogue to the first query, and the memory that it takes.

Run ``python tests/benchmarks/open.py --rows 1000000``. It prints one line of JSON. The catalogue is a FITS table of 26
columns, 11 of them features, with their 55 colours as further features. A process of its own opens the project, so
that making the catalogue does not count.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from astronomical.config.schema import StartConfig
from astronomical.learning.kernels import KERNELS
from astronomical.session import Session


def main() -> None:
    """Print the line."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--project", type=Path, help="a project to open, rather than to make one")
    parser.add_argument("--repeats", type=int, default=2, help="the first run may have loops to compile")
    given = parser.parse_args()
    if given.project is not None:
        print(json.dumps({"rows": given.rows, **measure(given.project)}))
        return
    from synthetic import make_project

    with tempfile.TemporaryDirectory() as folder:
        project = make_project(Path(folder), given.rows)
        text = project.read_text()
        for _ in range(given.repeats):
            project.write_text(text)
            run = subprocess.run(
                [sys.executable, __file__, "--rows", str(given.rows), "--project", str(project)],
                check=True,
                capture_output=True,
                text=True,
            )
    print(run.stdout.strip())


def measure(project: Path) -> dict[str, float]:
    """Open a project and train a learner on five starting points."""
    KERNELS.fill_cache()
    began = time.perf_counter()
    with Session.open(project) as session:
        opened = time.perf_counter()
        session.training.start("Star", start=StartConfig(mode="random", n=5))
        assert session.query() is not None
        ended = time.perf_counter()
    return {
        "open_s": round(opened - began, 2),
        "to_first_query_s": round(ended - began, 2),
        "peak_mb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024),
    }


if __name__ == "__main__":
    main()
