"""Small projects for tests, and a headless person who labels them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from astropy.table import Table

from astronomical.config.io import write_config
from astronomical.config.schema import CombinationConfig, Config, ExtensionConfig, ModelsConfig, StartConfig
from astronomical.session import Session
from astronomical.session.core import SessionCore
from astronomical.session.opening import open_core
from astronomical.session.project.new import ProjectOptions, new_project

CLASSES = {"0": "Star", "1": "Galaxy", "2": "QSO"}
#: A forest for tests of something else: a tenth of the trees is trained, checked and saved in a tenth of the time.
FEW_TREES = ExtensionConfig(name="random_forest", parameters={"n_estimators": 10})


def write_catalogue(path: Path, n: int = 300, seed: int = 1, unknown: float = 0.1) -> Path:
    """Write a catalogue of three overlapping classes in four bands, with some labels and values missing."""
    rng = np.random.default_rng(seed)
    label = rng.choice(3, n, p=[0.45, 0.4, 0.15])
    centres = np.array([[18, 17, 16.5, 16.2], [20, 18.6, 17.9, 17.5], [19, 18.9, 18.8, 18.5]])
    magnitudes = centres[label] + rng.normal(0, 0.2, (n, 4)) + rng.normal(0, 1, (n, 1))
    magnitudes[rng.random((n, 4)) < 0.03] = np.nan
    table = Table(
        {
            "name": [f"S{i:05d}" for i in rng.permutation(n)],
            "ra": rng.uniform(0, 360, n),
            "dec": rng.uniform(-60, 60, n),
        }
    )
    for band, values in zip("ugri", magnitudes.T, strict=True):
        table[band] = values.astype(np.float32)
    table["label"] = np.where(rng.random(n) < unknown, -1, label).astype(np.int16)
    table.write(path, overwrite=True)
    return path


def make_project(
    folder: Path, *, name: str = "project.yaml", n: int = 300, keep_models: bool = False, **choices: object
) -> tuple[Path, Config]:
    """Make a project on a small catalogue in a folder.

    Its models are not written to disk unless a test is about that: it takes a second for each project that is closed.
    """
    catalogue = write_catalogue(folder / "catalogue.fits", n)
    given = {
        "id": "name",
        "label": "label",
        "label_names": CLASSES,
        "features": tuple("ugri"),
        "combinations": (CombinationConfig(operation="subtract", n=2),),
        **choices,
    }
    path = folder / name
    config = new_project(ProjectOptions(catalogue=catalogue, **given), path)  # type: ignore[arg-type]
    return path, config if keep_models else without_models(config, path)


def without_models(config: Config, path: Path) -> Config:
    """Write a project that keeps no models of its rounds, and return it."""
    config = config.model_copy(update={"models": ModelsConfig(keep=False)})
    write_config(config, path)
    path.with_name(f"{path.name}.bak").unlink(missing_ok=True)
    return config


def answer(session: Session, class_name: str | None = None) -> str | None:
    """Answer what a learner asks with the catalogue's label, Unsure where it has none; return the id asked for."""
    query = session.query(class_name)
    if query is None:
        return None
    if class_name is not None:
        session.activate(class_name)
    data = session.dataset
    code = int(data.codes[data.catalogue.row(query)])
    session.focus(query)
    session.assign(data.class_names[code] if code >= 0 else None, id=query)
    return query


def label_until(session: Session, class_name: str, n_labels: int) -> None:
    """Answer a learner until it has a number of labels."""
    while len(session.training.targets(class_name)) < n_labels:
        assert answer(session, class_name) is not None, "the learner has nothing left to ask"


def start(
    session: Session,
    class_name: str = "Star",
    n: int = 5,
    mode: str = "random",
    models: Sequence[ExtensionConfig] | None = None,
) -> None:
    """Begin a learner, by default with the models of the project."""
    begin = StartConfig(mode=mode, n=n)  # type: ignore[arg-type]
    session.training.start(class_name, models=models, start=begin)


def start_small(session: Session, class_name: str = "Star", n: int = 5, mode: str = "random") -> None:
    """Begin a learner with few trees, in tests whose subject is not the forest."""
    start(session, class_name, n, mode, [FEW_TREES])


def open_with_core(path: Path, **options: Any) -> tuple[Session, SessionCore]:
    """Open a project, and return what its pages share as well."""
    core = open_core(path, **options)
    return Session(core), core


def die(core: SessionCore) -> None:
    """End a session like a process that dies: nothing more is saved, and the system releases its lock."""
    core.jobs.close()
    core.writer.close()
