"""Number fields are shown without their buttons, which have no name for screen readers."""

from __future__ import annotations

import ast
from pathlib import Path


def test_number_fields_have_no_buttons_without_a_name(checkout: Path) -> None:
    n_fields, wrong = 0, []
    for path in sorted((checkout / "astronomical" / "dashboard").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)):
                continue
            if node.func.attr in ("IntInput", "FloatInput"):
                n_fields += 1
                if "PLAIN_NUMBER" not in ast.unparse(node):
                    wrong.append(f"{path.name}:{node.lineno}")
    assert n_fields > 5
    assert wrong == []
