"""Configs of AstronomicAL itself, as its documentation describes them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np

from astronomical.catalogue.catalogue import Catalogue
from tests.support.projects import write_catalogue


def v1_config(path: str = "data/catalogue.fits", **changes: Any) -> dict[str, Any]:
    """Return a config of three classes, without labels."""
    return {
        "Author": "Grant Stevens and Sotiria Fotopoulou",
        "doi": "10.21105/joss.03635",
        "dataset_filepath": path,
        "optimise_data": True,
        "layout": {
            "0": {"x": 0, "y": 0, "w": 6, "h": 6, "contents": "Active Learning"},
            "1": {"x": 6, "y": 0, "w": 6, "h": 6, "contents": "Selected Source Info"},
            "2": {"x": 0, "y": 6, "w": 3, "h": 3, "contents": "Basic Plot", "panel_contents": ["u", "g"]},
            "3": {"x": 3, "y": 6, "w": 3, "h": 3, "contents": "SED Plot"},
            "4": {"x": 6, "y": 6, "w": 3, "h": 3, "contents": "Basic Plot"},
            "5": {"x": 9, "y": 6, "w": 3, "h": 3, "contents": "Menu"},
        },
        "id_col": "name",
        "label_col": "label",
        "default_vars": ["g-r", "r-i"],
        "labels": [0, 1, 2, -1],
        "label_colours": {"0": "#ff0000", "1": "#0F0", "2": "blue", "-1": "#ffffff"},
        "labels_to_strings": {"0": "Star", "1": "Galaxy", "2": "QSO", "-1": "Unknown"},
        "strings_to_labels": {"Star": 0, "Galaxy": 1, "QSO": 2, "Unknown": -1},
        "extra_info_cols": ["ra", "dec"],
        "extra_image_cols": [],
        "labels_to_train": ["Star", "QSO"],
        "features_for_training": ["u", "g", "r", "i"],
        "exclude_labels": False,
        "exclude_unknown_labels": True,
        "unclassified_labels": ["Galaxy"],
        "scale_data": True,
        "feature_generation": [["subtract (a-b)", 2]],
        "test_set_file": False,
        "classifiers": {},
        **changes,
    }


def v1_labels(catalogue: Path, value: int = 0, *, n: int = 30, indicator: bool = False) -> dict[str, Any]:
    """Return the entry of a classifier with labels of the catalogue, half of them of the class, and one unsure."""
    table = Catalogue.open(catalogue, id_column="name")
    labels = np.asarray(table.raw("label"))
    rows = [
        *np.flatnonzero(labels == value)[: n // 2],
        *np.flatnonzero((labels >= 0) & (labels != value))[: n - n // 2],
    ]
    y = [int(labels[row] == value) if indicator else int(labels[row]) for row in rows]
    unsure = table.id_at(int(np.flatnonzero(labels == value)[-1]))
    return {
        "classifier": ["RForest"],
        "query": ["Uncertainty Sampling"],
        "id": [*table.ids_at(rows), unsure],
        "y": [*y, -1],
    }


def write_v1(folder: Path, **changes: Any) -> Path:
    """Write a catalogue and a config in the folders that AstronomicAL has, and return the latter."""
    (folder / "data").mkdir(exist_ok=True)
    (folder / "configs").mkdir(exist_ok=True)
    catalogue = write_catalogue(folder / "data" / "catalogue.fits")
    given = {"classifiers": {"0": v1_labels(catalogue)}} | changes
    path = folder / "configs" / "old.json"
    path.write_text(json.dumps(v1_config(**given)))
    return path
