"""Translate configurations of AstronomicAL 1 to the sections of a project file."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from astronomical.config.base import MAX_TEXT
from astronomical.config.errors import ConfigError, Problem, problems_of, shorten
from astronomical.config.schema import PALETTE
from astronomical.errors import did_you_mean

__all__ = ["Translation", "V1Labels", "is_v1", "translate"]

Value = str | int | float | bool
Text = str | int | float

_UNKNOWN = "-1"
_ROWS = 12
#: The default forest of AstronomicAL 1 has more trees than ours.
_MODELS: dict[str, dict[str, Any]] = {
    "KNN": {"name": "knn"},
    "DTree": {"name": "decision_tree"},
    "RForest": {"name": "random_forest", "parameters": {"n_estimators": 1000}},
    "AdaBoost": {"name": "adaboost"},
    "GBTrees": {"name": "gradient_boosting"},
}
_STRATEGIES = {"Uncertainty Sampling": "uncertainty", "Margin Sampling": "margin", "Entropy Sampling": "entropy"}
_OPERATIONS = {"subtract (a-b)": "subtract", "add (a+b)": "add", "multiply (a*b)": "multiply", "divide (a/b)": "divide"}
_PANES = {
    "Active Learning": "learning",
    "Selected Source Info": "source",
    "Basic Plot": "basic",
    "SED Plot": "sed",
    "BPT Plots": "bpt",
    "Mateos 2012 Wedge": "mateos",
}


class _V1(BaseModel):
    model_config = ConfigDict(extra="allow", frozen=True, str_max_length=MAX_TEXT)


class _Classifier(_V1):
    classifier: tuple[str, ...] = Field(min_length=1)
    query: tuple[str, ...] = Field(min_length=1)
    id: tuple[Text, ...] = ()
    y: tuple[int, ...] = ()

    @model_validator(mode="after")
    def _as_many(self) -> _Classifier:
        if len(self.id) != len(self.y):
            raise ValueError(f"id has {len(self.id)} entries and y {len(self.y)}: each source needs one label")
        return self


class _Pane(_V1):
    x: float = Field(ge=0)
    y: float = Field(ge=0)
    w: float = Field(gt=0)
    h: float = Field(gt=0)
    contents: str
    panel_contents: Any = None


class _V1Config(_V1):
    """The known keys of version 1."""

    dataset_filepath: str = Field(min_length=1)
    id_col: str = Field(min_length=1)
    label_col: str | None = None
    Author: str | tuple[str, ...] = ""
    doi: str = ""
    optimise_data: bool = True
    layout: dict[str, _Pane] = {}
    default_vars: tuple[str, ...] = ()
    labels: tuple[Value, ...] = ()
    label_colours: dict[str, str] = {}
    labels_to_strings: dict[str, str] = {}
    strings_to_labels: dict[str, Value] = {}
    extra_info_cols: tuple[str, ...] = ()
    extra_image_cols: tuple[str, ...] = ()
    labels_to_train: tuple[Value, ...] = ()
    features_for_training: tuple[str, ...] = ()
    exclude_labels: bool = False
    exclude_unknown_labels: bool = False
    unclassified_labels: tuple[Value, ...] = ()
    scale_data: bool = False
    feature_generation: tuple[tuple[str, int], ...] = ()
    test_set_file: bool | str = False
    classifiers: dict[str, _Classifier] = {}

    @field_validator("Author", "doi", "test_set_file", mode="before")
    @classmethod
    def _nothing(cls, value: Any) -> Any:
        return "" if value is None else value


@dataclass(frozen=True)
class V1Labels:
    """Labels of one classifier.

    Attributes
    ----------
    class_name, value
        The class, and its raw label.
    labels
        Recorded number for each source id: a raw label, or 1 for the class and 0 for the rest; -1 means unsure.
    """

    class_name: str
    value: str
    labels: tuple[tuple[str, int], ...]


@dataclass(frozen=True)
class Translation:
    """A configuration of version 1 as sections of a project file.

    Attributes
    ----------
    sections
        A project file as plain data, without events and fingerprint.
    labels
        Labels of its classifiers.
    notes
        What could not be imported, one sentence each.
    """

    sections: dict[str, Any]
    labels: tuple[V1Labels, ...]
    notes: tuple[str, ...]

    def without_labels(self) -> Translation:
        """Return the same settings for learners without labels."""
        learners = [
            {key: value for key, value in item.items() if key not in ("started", "start")}
            for item in self.sections["learners"]
        ]
        return Translation({**self.sections, "learners": learners}, (), self.notes)


def is_v1(data: Any) -> bool:
    """Return whether plain data are a configuration of AstronomicAL 1."""
    return isinstance(data, dict) and "schema_version" not in data and "dataset_filepath" in data


def translate(data: dict[str, Any], source: str = "The configuration") -> Translation:
    """Translate a configuration of version 1 to sections of a project file.

    Parameters
    ----------
    data
        The configuration as plain data; it is not changed.
    source
        Name of the file, for messages.

    Raises
    ------
    ConfigError
        If a key is missing or its value is invalid; the message names the key and the value.
    """
    try:
        old = _V1Config.model_validate(data)
    except ValidationError as error:
        raise ConfigError(source, problems_of(error, _V1Config)) from None
    return _Translator(old, source).result()


class _Translator:
    """Translate the keys one by one, and collect problems and losses."""

    def __init__(self, old: _V1Config, source: str) -> None:
        self.old, self.source = old, source
        self.problems: list[Problem] = []
        self.notes = [f"The unknown key {key!r} was ignored." for key in old.model_extra or {}]
        self.names = {
            value: old.labels_to_strings.get(value, value) for value in map(_text, old.labels) if value != _UNKNOWN
        }
        for name, value in old.strings_to_labels.items():
            if _text(value) != _UNKNOWN and _text(value) not in self.names:
                self.names[_text(value)] = name

    def result(self) -> Translation:
        old = self.old
        labels = self._labels()
        trained = self._classes("labels_to_train", old.labels_to_train)
        learners, recorded = self._learners(trained)
        sections: dict[str, Any] = {
            "schema_version": 1,
            "project": {"title": "", "authors": _authors(old.Author), "doi": old.doi},
            "catalogue": {
                "path": old.dataset_filepath,
                "id": {"source": "column", "column": old.id_col},
                "label": old.label_col,
                "extra_columns": list(dict.fromkeys(old.extra_info_cols)),
                "image_columns": list(dict.fromkeys(old.extra_image_cols)),
                "optimise_memory": old.optimise_data,
            },
            "labels": labels,
            "features": {
                "columns": list(dict.fromkeys(old.features_for_training)),
                "combinations": self._combinations(),
                "scaling": "standard" if old.scale_data else "none",
            },
            "split": {"use_unknown": not old.exclude_unknown_labels, "drop": self._dropped(trained)},
            "learners": learners,
            "layout": self._layout(),
        }
        if old.test_set_file:
            self.notes.append(
                "The curated test set (test_set_file) is in a separate file, which is not imported. "
                "Build a curated test set in the project."
            )
        if self.problems:
            raise ConfigError(self.source, self.problems)
        return Translation(sections, recorded, tuple(self.notes))

    def _labels(self) -> list[dict[str, Any]]:
        made = []
        names = list(dict.fromkeys(self.names.values()))
        for value, name in self.names.items():
            colour = self.old.label_colours.get(value, self.old.label_colours.get(name, ""))
            fitting = _colour(colour)
            if colour and fitting is None:
                self.notes.append(
                    f"The colour {colour!r} of {name} is not in the form #RRGGBB; another one was chosen."
                )
            made.append({"value": value, "name": name, "colour": fitting or PALETTE[names.index(name) % len(PALETTE)]})
        return made

    def _classes(self, where: str, given: Iterable[Value]) -> list[str]:
        """Return the class names for a list of names or raw labels."""
        found = []
        for place, item in enumerate(given):
            text = _text(item)
            name = self.names.get(text, text)
            if name in self.names.values():
                found.append(name)
            elif text != _UNKNOWN and name != self.old.labels_to_strings.get(_UNKNOWN):
                self.problems.append(
                    Problem(
                        f"{where}.{place}",
                        shorten(item),
                        "there is no such label" + did_you_mean(text, self.names.values()),
                    )
                )
        return list(dict.fromkeys(found))

    def _dropped(self, trained: Sequence[str]) -> list[str]:
        if not self.old.exclude_labels:
            return []
        others = [name for name in dict.fromkeys(self.names.values()) if name not in trained]
        named = self._classes("unclassified_labels", self.old.unclassified_labels)
        return [name for name in others if name in named or not named]

    def _combinations(self) -> list[dict[str, Any]]:
        made = []
        for place, (operation, n) in enumerate(self.old.feature_generation):
            if operation not in _OPERATIONS:
                self.problems.append(
                    Problem(
                        f"feature_generation.{place}",
                        shorten(operation),
                        f"the operation must be one of {', '.join(_OPERATIONS)}" + did_you_mean(operation, _OPERATIONS),
                    )
                )
            elif not 2 <= n <= 5:
                self.problems.append(
                    Problem(f"feature_generation.{place}", str(n), "the number of columns must be from 2 to 5")
                )
            else:
                made.append({"operation": _OPERATIONS[operation], "n": n})
        return made

    def _learners(self, trained: Sequence[str]) -> tuple[list[dict[str, Any]], tuple[V1Labels, ...]]:
        learners = {name: {"class": name} for name in trained}
        recorded = []
        for key, item in self.old.classifiers.items():
            (name,) = self._classes(f"classifiers.{key}", [key]) or (None,)
            if name is None:
                continue
            value = next(value for value, called in self.names.items() if called == name)
            learner: dict[str, Any] = {
                "class": name,
                "models": self._models(key, item),
                "strategy": {"name": self._strategy(key, item)},
            }
            if item.id:
                n_labels = sum(value != -1 for value in item.y)
                learner |= {"started": True, "start": {"mode": "label", "n": min(max(n_labels, 2), 1000)}}
                recorded.append(V1Labels(name, value, tuple(zip(map(_text, item.id), item.y, strict=True))))
            learners[name] = learner
        return list(learners.values()), tuple(recorded)

    def _models(self, key: str, item: _Classifier) -> list[dict[str, Any]]:
        models = []
        for place, name in enumerate(item.classifier):
            if name not in _MODELS:
                self.problems.append(
                    Problem(
                        f"classifiers.{key}.classifier.{place}",
                        shorten(name),
                        f"the classifier must be one of {', '.join(_MODELS)}",
                    )
                )
            else:
                models.append(_MODELS[name])
        return models

    def _strategy(self, key: str, item: _Classifier) -> str:
        for place, name in enumerate(item.query):
            if name not in _STRATEGIES:
                self.problems.append(
                    Problem(
                        f"classifiers.{key}.query.{place}",
                        shorten(name),
                        f"the query strategy must be one of {', '.join(_STRATEGIES)}" + did_you_mean(name, _STRATEGIES),
                    )
                )
        return _STRATEGIES.get(item.query[0], "uncertainty")

    def _layout(self) -> dict[str, Any]:
        panes: list[dict[str, Any]] = []
        lowest = max((pane.y + pane.h for pane in self.old.layout.values()), default=_ROWS)
        scale = max(math.ceil(_ROWS / max(lowest, 1)), 1)
        axes = list(self.old.default_vars) if len(self.old.default_vars) == 2 else None
        for key, pane in self.old.layout.items():
            kind = _PANES.get(pane.contents)
            if kind is None:
                if pane.contents != "Menu":
                    self.notes.append(f"The unknown pane {pane.contents!r} (layout.{key}) was ignored.")
                continue
            x = min(int(pane.x), 11)
            made = {
                "id": f"{kind}-{key}",
                "kind": kind,
                "x": x,
                "y": int(pane.y * scale),
                "w": min(max(int(pane.w), 1), 12 - x),
                "h": min(max(int(pane.h * scale), 2), 100),
            }
            shown = pane.panel_contents if _is_pair(pane.panel_contents) else axes
            if kind == "basic" and shown:
                made["settings"] = {"x": shown[0], "y": shown[1]}
            panes.append(made)
        if self.old.default_vars and axes is None:
            self.notes.append("default_vars does not name two columns; other axes were chosen for the plots.")
        return {"panes": panes, **({"axes": axes} if axes else {})}


def _text(value: Any) -> str:
    """Return a raw label or an id as text; 1.0 and 1 give the same text."""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value).strip()


def _authors(given: str | tuple[str, ...]) -> list[str]:
    names = re.split(r"\s*(?:;|\band\b|&)\s*", given) if isinstance(given, str) else list(given)
    return [name.strip() for name in names if name.strip()]


def _colour(text: str) -> str | None:
    if re.fullmatch(r"#[0-9a-fA-F]{3}", text):
        return "#" + "".join(letter * 2 for letter in text[1:])
    return text if re.fullmatch(r"#[0-9a-fA-F]{6}", text) else None


def _is_pair(value: Any) -> bool:
    return isinstance(value, list) and len(value) == 2 and all(isinstance(item, str) for item in value)
