"""A damaged or hostile table ends in a table or in an error in words: no other exception, no crash, no full memory.

``ASTRONOMICAL_FUZZ_TABLES`` sets the number of cases: some hundreds in every run of the tests, many thousands by hand.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.campaigns import cases
from tests.support.fuzz_tables import SECONDS

CASES = int(os.environ.get("ASTRONOMICAL_FUZZ_TABLES", cases(100, 400)))
pytestmark = pytest.mark.campaign
FIRST = int(os.environ.get("ASTRONOMICAL_FUZZ_FIRST", "0"))
#: The originals have some kilobytes each. Nearly all of this is one library or another being imported.
MAX_MB = 400


def run(folder: Path, checkout: Path, first: int, count: int) -> list[dict[str, object]]:
    """Read cases in processes of their own, going on in a new one after a crash."""
    found: list[dict[str, object]] = []
    while count > 0:
        done = subprocess.run(
            [sys.executable, "-m", "tests.support.fuzz_tables", str(folder), str(first), str(count)],
            cwd=checkout,
            capture_output=True,
            text=True,
            check=False,
        )
        lines = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
        assert lines, done.stderr[-2000:]
        found += [line for line in lines if "outcome" in line]
        if done.returncode:
            last = lines[-1]
            found.append({"outcome": f"crash {done.returncode}: {done.stderr[:1500]}", "mb": 0, "s": 0, **last})
        count -= int(lines[-1]["seed"]) + 1 - first
        first = int(lines[-1]["seed"]) + 1
    return found


@pytest.mark.timeout(SECONDS + 120 + CASES)
def test_a_broken_table_is_read_or_refused_in_words(tmp_path: Path, checkout: Path):
    cases = run(tmp_path, checkout, FIRST, CASES)
    wrong = [case for case in cases if case["outcome"] not in ("table", "refused")]
    assert not wrong, json.dumps(wrong[:5], indent=1)
    large = [case for case in cases if int(str(case["mb"])) > MAX_MB]
    assert not large, json.dumps(large[:5])
    outcomes = [case["outcome"] for case in cases]
    assert len(outcomes) == CASES
    assert min(outcomes.count("refused"), outcomes.count("table")) > CASES / 20, "too few of each kind"
