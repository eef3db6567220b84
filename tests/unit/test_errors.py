"""Errors that the user can mend are shown as they are; anything else is shown as a bug, and logged."""

from __future__ import annotations

import ast
import html
import importlib
import logging
from pathlib import Path

import numpy as np
import panel as pn
import pytest

import astronomical
from astronomical.catalogue.errors import CatalogueError
from astronomical.cli import main
from astronomical.errors import AstronomicalError, BugError, as_failure, explain
from astronomical.tasks.jobs import Jobs

BUG = "Something went wrong inside astronomical: it is a bug, not a mistake of yours."
ROOT = Path(astronomical.__file__).parent
#: These steer the program, and none is shown to the user.
CONTROL = {"Cancelled", "CancelledError", "_CancelledError", "NeedsAnswersError", "UnusualText"}


def broken(*_, **__):
    return np.zeros(3) + np.zeros(2)  # NumPy raises ValueError


def numpy_error() -> Exception:
    try:
        broken()
    except ValueError as error:
        return error
    raise AssertionError


def error_classes():
    for path in sorted(ROOT.rglob("*.py")):
        module = ".".join(("astronomical", *path.relative_to(ROOT).with_suffix("").parts)).removesuffix(".__init__")
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            bases = [base.id for base in getattr(node, "bases", ()) if isinstance(base, ast.Name)]
            if isinstance(node, ast.ClassDef) and any(base.endswith(("Error", "Exception")) for base in bases):
                yield module, node.name


def test_all_errors_for_the_user_have_one_base():
    found = [(module, name) for module, name in error_classes() if name not in CONTROL]
    assert len(found) > 30
    others = [
        f"{module}.{name}"
        for module, name in found
        if not issubclass(getattr(importlib.import_module(module), name), AstronomicalError)
    ]
    assert not others, "derive these from AstronomicalError, or list them in CONTROL"


def test_no_handler_of_the_screen_or_the_commands_reports_a_value_error_of_a_library():
    found = []
    for folder in ("dashboard", "cli", "session", "setup"):
        for path in sorted((ROOT / folder).rglob("*.py")):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.ExceptHandler) and node.type is not None and node.name is not None:
                    caught = {name.id for name in ast.walk(node.type) if isinstance(name, ast.Name)}
                    if "ValueError" in caught:
                        found.append(f"{path.relative_to(ROOT)}:{node.lineno}")
    # cli: a number of an option; part_runner: Dask refuses an address; writer: pydantic refuses half a character, and
    # the text is mended.
    assert [place.partition(":")[0] for place in found] == [
        "cli/common.py",
        "session/project/writer.py",
        "session/whole/part_runner.py",
    ]


def test_an_error_that_the_user_can_mend_is_shown_as_it_is(caplog):
    assert explain(CatalogueError("There is no column 'u'.")) == "There is no column 'u'."
    assert "No space left" in explain(OSError(28, "No space left on device"))
    assert explain(MemoryError()) == "There is not enough memory."
    assert not caplog.records


def test_an_error_of_numpy_is_shown_as_a_bug_and_logged(caplog):
    text = explain(numpy_error())
    assert text.startswith(BUG)
    assert "broadcast" not in text
    (record,) = caplog.records
    assert record.levelno == logging.ERROR
    assert "broadcast" in caplog.text
    assert "Traceback" in caplog.text


def test_a_bug_in_background_work_is_reported_as_a_bug(caplog):
    failures = []
    Jobs().submit("work", broken, print, failures.append)
    (failure,) = failures
    assert isinstance(failure, BugError)
    assert str(failure).startswith(BUG)
    assert "Traceback" in caplog.text


def test_a_failure_of_background_work_that_the_user_can_mend_is_reported_as_it_is():
    error = CatalogueError("There is no column 'u'.")
    assert as_failure(error) is error
    assert str(as_failure(SystemExit(3))) == "it ended itself (SystemExit)."


@pytest.fixture
def broken_command(monkeypatch, tmp_path):
    monkeypatch.setenv("ASTRONOMICAL_HOME", str(tmp_path))
    before = list(logging.getLogger().handlers)
    monkeypatch.setattr("astronomical.plugins.loader.load_plugins", broken)
    yield ["plugins"]
    for handler in set(logging.getLogger().handlers) - set(before):
        logging.getLogger().removeHandler(handler)
        handler.close()


def test_a_command_reports_a_bug_as_a_bug_and_logs_it(broken_command, capsys, tmp_path):
    assert main(broken_command) == 2
    (log,) = tmp_path.rglob("astronomical.log")
    assert capsys.readouterr().err == f"astronomical: {BUG} Details are in {log}; please report it.\n"
    assert "operands could not be broadcast together" in log.read_text(encoding="utf-8")


def test_a_command_shows_the_traceback_of_a_bug_with_debug(broken_command, capsys, tmp_path):
    assert main([*broken_command, "--debug"]) == 2
    error = capsys.readouterr().err
    assert "Traceback" in error
    assert error.splitlines()[-1].startswith(f"astronomical: {BUG} Details are in the traceback above")


def test_a_command_without_a_log_shows_no_traceback_of_a_bug(broken_command, capsys, monkeypatch, tmp_path):
    (tmp_path / "file").touch()
    monkeypatch.setenv("ASTRONOMICAL_HOME", str(tmp_path / "file"))
    assert main(broken_command) == 2
    error = capsys.readouterr().err
    assert "Traceback" not in error
    assert "Details are in the traceback that --debug shows" in error


@pytest.mark.parametrize(
    ("error", "text"),
    [(CatalogueError("There is no column 'u'."), "There is no column 'u'."), (numpy_error(), BUG)],
    ids=["own", "NumPy"],
)
def test_a_dialog_shows_a_bug_as_a_bug(error, text, tmp_path):
    from astronomical.dashboard.page.dialogs import FileDialog

    def write(path, overwrite):
        raise error

    dialog = FileDialog()
    dialog.ask("Save as", "", tmp_path / "project.yaml", write)
    row = next(item for item in dialog.view.objects if isinstance(item, pn.Row))
    row[0].clicks += 1
    shown = [html.unescape(str(getattr(item, "object", ""))) for item in dialog.view.objects]
    assert any(text in item for item in shown)
