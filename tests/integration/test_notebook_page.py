"""The notebook of the documentation runs from the beginning to the end."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from astronomical.config.io import read_config
from tests.support.projects import make_project

nbformat = pytest.importorskip("nbformat")
nbclient = pytest.importorskip("nbclient")
pytest.importorskip("ipykernel")

NOTEBOOK = Path(__file__).parents[2] / "docs" / "notebooks" / "label-in-a-notebook.ipynb"


def shown(notebook, text: str) -> str:
    """Return the HTML that the cell with a text shows."""
    cell = next(cell for cell in notebook.cells if cell.cell_type == "code" and text in cell.source)
    return "".join(output["data"].get("text/html", "") for output in cell.outputs if "data" in output)


@pytest.mark.slow
def test_the_notebook_labels_and_shows_what_it_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path, _ = make_project(tmp_path, n=120)
    kernel = tmp_path / "data" / "kernels" / "python3"
    kernel.mkdir(parents=True)
    (kernel / "kernel.json").write_text(
        f'{{"argv": ["{sys.executable}", "-m", "ipykernel_launcher", "-f", "{{connection_file}}"],'
        ' "display_name": "Python 3", "language": "python"}'
    )
    monkeypatch.setenv("JUPYTER_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("JUPYTER_RUNTIME_DIR", str(tmp_path / "runtime"))
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path / "ipython"))
    notebook = nbformat.read(NOTEBOOK, as_version=4)
    assert not any(cell.get("outputs") for cell in notebook.cells), "kept without results"
    nbclient.NotebookClient(
        notebook, timeout=300, kernel_name="python3", resources={"metadata": {"path": str(tmp_path)}}
    ).execute()
    assert "120 sources" in shown(notebook, "open_project")
    assert shown(notebook, "label_widget")
    assert shown(notebook, "session.view").startswith('<iframe src="http://127.0.0.1:')
    assert shown(notebook, "plots.scatter")
    labels = [event for event in read_config(path).events if event.who not in ("catalogue", "")]
    assert len(labels) == 5
