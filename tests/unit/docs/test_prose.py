"""The script that keeps the words of the project: what it finds, and that its counts only go down."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.support import prose


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "astronomical").mkdir()
    (tmp_path / "docs").mkdir()
    (tmp_path / "README.md").write_text("Nobody is told.\n", encoding="utf-8")
    (tmp_path / "astronomical" / "pane.py").write_text(
        '"""A pane."""\n\n'
        "def show(n):\n"
        '    """Show a number."""\n'
        '    Button(label="Undo", sx={"color": "red"})\n'
        '    notify(f"{n} labels were undone.")\n'
        "\n\n"
        "def _hide():\n"
        '    """Hide it afresh."""\n',
        encoding="utf-8",
    )
    return tmp_path


def test_what_users_see_is_listed(project):
    found = [(text.line, text.kind, text.text) for text in prose.texts(project)]
    assert sorted(found) == [
        (1, "docstring", "A pane."),
        (4, "docstring", "Show a number."),
        (5, "text", "Undo"),
        (6, "text", "{…} labels were undone."),
    ]


def test_words_to_avoid_may_only_become_fewer(project, capsys):
    baseline = project / "baseline.json"
    assert prose.update(project, baseline) == 0
    assert json.loads(baseline.read_text(encoding="utf-8")) == {"README.md": 2, "astronomical/pane.py": 1}
    assert prose.check(project, baseline) == 0
    (project / "docs" / "new.md").write_text("Whoever reads this.\n", encoding="utf-8")
    assert prose.check(project, baseline) == 1
    assert "docs/new.md:1: 'Whoever'; better: anyone who" in capsys.readouterr().out
    assert prose.update(project, baseline) == 1
    (project / "README.md").write_text("No one knows.\n", encoding="utf-8")
    assert prose.update(project, baseline) == 0
    assert json.loads(baseline.read_text(encoding="utf-8")) == {"astronomical/pane.py": 1, "docs/new.md": 1}


def test_words_in_other_words_are_no_hits(project):
    (project / "README.md").write_text("Outstanding replies; NaN stands for missing; this list.\n", encoding="utf-8")
    assert prose.hits([project / "README.md"], project) == []
