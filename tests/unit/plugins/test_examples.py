"""The plugins that the documentation shows work as shown."""

from __future__ import annotations

from pathlib import Path

import pytest

from astronomical.plugins.testing import check_path

EXAMPLES = sorted((Path(__file__).resolve().parents[3] / "docs" / "plugins").glob("*.py"))


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_an_example_passes_the_kit(path: Path):
    text = path.read_text(encoding="utf-8")
    for library in ("torch", "skactiveml", "coniferest"):
        if library in text:
            pytest.importorskip(library)
    findings = list(check_path(path))
    assert findings
    assert [str(finding) for finding in findings if finding.error is not None] == []


def test_the_documentation_shows_all_of_them():
    page = (EXAMPLES[0].parents[1] / "how-to" / "write-plugins.md").read_text(encoding="utf-8")
    assert all(f"../plugins/{path.name}" in page for path in EXAMPLES)
