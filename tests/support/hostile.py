"""A project in which every text tries to run a script in the page that shows it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from astropy.table import Table

from astronomical.config.io import write_config
from astronomical.config.schema import CombinationConfig, PaneConfig
from astronomical.plugins.registry import builtin_registry
from astronomical.session.new import Choices, new_project
from astronomical.session.session import Session

N_ROWS = 120


def song(where: str) -> str:
    """Return a text that sets ``window.sang`` if anything of it runs, and says where it stood."""
    return (f"{where}<img src=x onerror=\"window.sang='{where}'\"><script>window.sang='{where}'</script>"
            "{{constructor.constructor('window.sang=1')()}}${window.sang=2}';window.sang=3//")


def make_hostile_project(folder: Path) -> Path:
    """Write a catalogue and a config with all kinds of panes, and label and remark some of its sources."""
    rng = np.random.default_rng(3)
    bands = [song("u"), song("g"), song("r")]
    table = Table({song("id column"): [song(f"id {row}") for row in range(N_ROWS)], "ra": rng.uniform(150, 160, N_ROWS),
                   "dec": rng.uniform(-5, 5, N_ROWS),
                   song("label column"): [song(f"L{row % 3}") for row in range(N_ROWS)],
                   song("extra"): [song("value")] * N_ROWS, song("image"): [song("a.png")] * N_ROWS})
    for place, band in enumerate(bands):
        table[band] = rng.normal(18 + np.arange(N_ROWS) % 3 * (place - 1), 0.4, N_ROWS)
    table.write(folder / "hostile.csv")
    path = folder / "hostile.yaml"
    names = {song(f"L{value}"): song(f"class {value}") for value in range(3)}
    config = new_project(Choices(
        folder / "hostile.csv", song("id column"), label=song("label column"), label_names=names, features=tuple(bands),
        combinations=(CombinationConfig(operation="subtract", n=2),), extra_columns=(song("extra"),),
        title=song("title")), path)
    catalogue = config.catalogue.model_copy(update={"image_columns": (song("image"),)})
    layout = config.layout.model_copy(update={"panes": _panes(bands)})
    project = config.project.model_copy(update={"authors": (song("author"),)})
    write_config(config.model_copy(update={"catalogue": catalogue, "layout": layout, "project": project}), path)
    with Session.open(path, who=song("who")) as session:
        session.start_training(config.class_names[0])
        for row in range(12):
            session.focus(session.dataset.catalogue.id_at(row))
            session.assign(config.class_names[row % 3])
        session.remark(session.dataset.catalogue.id_at(2), note=song("note"), tags=[song("tag")], flag=True)
        session.checkpoint(config.class_names[0], name=song("checkpoint"))
        session.activate(config.class_names[0])
    return path


def _panes(bands: list[str]) -> tuple[PaneConfig, ...]:
    kinds = ["learning", "source", "notes", "table", "classes", "history",
             *(entry.extension.name for entry in builtin_registry().entries("plot"))]
    return tuple(PaneConfig(id=f"pane-{place}", kind=kind, x=place % 2 * 6, y=place // 2 * 7, w=6, h=7,
                            settings={"x": bands[0], "y": bands[1]} if kind == "basic" else {})
                 for place, kind in enumerate(kinds))
