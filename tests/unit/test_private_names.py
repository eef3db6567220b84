"""No test reads private attributes of what it does not test: they may change without it."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

#: Private attributes of libraries that have no other way, and of parts that are tested through what they belong to.
ALLOWED = {
    "tests/browser/conftest.py": {"_set_running_loop"},  # asyncio
    "tests/property/test_scores.py": {"_predictors"},  # scikit-learn
    "tests/integration/test_notebook.py": {"_repr_html_"},  # called by Jupyter
    "tests/unit/catalogue/test_catalogue_open.py": {"_read"},  # counts what any reader reads
    "tests/unit/dashboard/panes/test_plot_colouring.py": {"_on_box", "_on_lasso"},  # of the selection of the pane
    "tests/unit/dashboard/panes/test_plot_subsets.py": {"_on_lasso"},  # of the pane
    "tests/unit/dashboard/ui/test_upload.py": {"_handle_msg", "_file_buffer"},  # Panel
    "tests/unit/dashboard/panes/test_studies.py": {"_text", "_body", "_bar", "_cancel"},  # of all studies
    "tests/unit/docs/test_docs.py": {"_actions", "_SubParsersAction"},  # argparse
    "tests/unit/learning/test_model_check.py": {"_predictors", "_tree"},  # scikit-learn
    "tests/unit/setup/test_joins.py": {"_read", "_on_match", "_on_add", "_on_remove"},  # the card of the wizard
}


def is_private(name: str) -> bool:
    return name.startswith("_") and not name.startswith("__")


def defined_in(tree: ast.Module) -> Iterator[str]:
    """Yield the private names that a module defines."""
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            name = node.name
        elif isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store):
            name = node.attr
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            name = node.id
        else:
            continue
        if is_private(name):
            yield name


def imported_by(tree: ast.Module) -> Iterator[str]:
    """Yield the modules that a module imports, or names in a text as `monkeypatch` takes them."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.Constant) and str(node.value).startswith("astronomical."):
            yield from (str(node.value), str(node.value).rpartition(".")[0])


def foreign(tree: ast.Module, own: set[str]) -> Iterator[tuple[int, str]]:
    """Yield the lines that read a private attribute that is not one's own, and its name."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and is_private(node.attr) and node.attr not in own:
            of_itself = isinstance(node.value, ast.Name) and node.value.id in ("self", "cls")
            if not of_itself:
                yield node.lineno, node.attr


def parsed(folder: Path) -> dict[str, ast.Module]:
    """Read the modules below a folder of the checkout, by their path in it."""
    return {
        path.relative_to(folder.parent).as_posix(): ast.parse(path.read_text(encoding="utf-8"))
        for path in sorted(folder.rglob("*.py"))
    }


def test_no_test_reads_private_attributes_of_what_it_does_not_test(checkout: Path) -> None:
    package = {
        path.removesuffix(".py").removesuffix("/__init__").replace("/", "."): set(defined_in(tree))
        for path, tree in parsed(checkout / "astronomical").items()
    }
    tests = parsed(checkout / "tests")
    of_tests = {name for tree in tests.values() for name in defined_in(tree)}
    found = []
    used: dict[str, set[str]] = {}
    for path, tree in tests.items():
        of_subject = set().union(*(package.get(module, set()) for module in imported_by(tree)))
        for line, name in foreign(tree, of_subject | of_tests):
            if name in ALLOWED.get(path, ()):
                used.setdefault(path, set()).add(name)
            else:
                found.append(f"{path}:{line}: {name}")
    assert found == []
    assert used == ALLOWED
