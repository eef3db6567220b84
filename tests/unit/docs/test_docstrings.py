"""Docstrings of the public API, by numpydoc's own rules: what the reference is made from."""

from __future__ import annotations

import inspect
import pydoc
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

API = Path(__file__).resolve().parents[3] / "docs" / "reference" / "api.md"
_DIRECTIVE = re.compile(r"^\.\. auto(function|class):: (\S+)\n((?:   :.*\n)*)", re.MULTILINE)
#: A summary that says what comes back needs no section for it.
_RETURNS = re.compile(r"(Return|Tell|Say)\b")


def public() -> Iterator[str]:
    """Yield the import paths of all functions and methods in the reference."""
    for kind, path, options in _DIRECTIVE.findall(API.read_text(encoding="utf-8")):
        if kind == "function":
            yield path
        elif ":members:" in options:
            chosen = options.split(":members:")[1].split("\n")[0].replace(",", " ").split()
            for name, member in inspect.getmembers(pydoc.locate(path), callable):
                if not name.startswith("_") and (name in chosen or not chosen):
                    assert inspect.getdoc(member), f"{path}.{name} has no docstring"
                    yield f"{path}.{name}"


@pytest.mark.parametrize("path", list(public()))
def test_parameters_and_results_are_documented(path: str):
    validate = pytest.importorskip("numpydoc.validate").validate
    function = inspect.unwrap(pydoc.locate(path))
    errors = dict(validate(path)["errors"])
    n = len([name for name in inspect.signature(function).parameters if name not in ("self", "cls")])
    # A method with one argument whose summary speaks of it needs no section.
    wrong = [code for code in ("PR02", *(("PR01",) if n > 1 else ())) if code in errors]
    decorates = "Callable" in str(inspect.signature(function).return_annotation)
    if "RT01" in errors and not decorates and not _RETURNS.match(inspect.getdoc(function) or ""):
        wrong.append("RT01")
    assert {code: errors[code] for code in wrong} == {}


def test_classes_of_the_reference_say_what_they_hold():
    for kind, path, _ in _DIRECTIVE.findall(API.read_text(encoding="utf-8")):
        if kind == "class":
            text = inspect.getdoc(pydoc.locate(path)) or ""
            assert len(text) > 30, path
