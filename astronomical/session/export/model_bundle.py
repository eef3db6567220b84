"""Export models for use elsewhere: learners and everything that their features need, in one file.

A bundle is a dict of plain values, arrays and scikit-learn classifiers. It is written with skops and read with a fixed
list of types: no other type is created, whatever the file requests, and no code in the file is run. joblib is available
on request; reading such a file runs any code that it contains.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from astropy.table import Table
from pydantic import ValidationError

from astronomical.catalogue.catalogue import Catalogue
from astronomical.catalogue.features import FeatureMatrix, apply_features
from astronomical.catalogue.joins import Join
from astronomical.catalogue.readers import TableSource
from astronomical.catalogue.vectors import check_projections
from astronomical.config.errors import first_problem
from astronomical.config.schema import CatalogueConfig, Config, FeaturesConfig
from astronomical.errors import InvalidInputError
from astronomical.learning.calibration import Calibration
from astronomical.learning.metrics import DECISION_THRESHOLD
from astronomical.learning.model_check import check_model
from astronomical.learning.operating_point import check_threshold
from astronomical.learning.scoring import CancelCheck, Progress, never, no_progress
from astronomical.paths import exists, local_path, writing
from astronomical.plugins.registry import Registry, builtin_registry
from astronomical.session.data.catalogue_values import feature_columns
from astronomical.session.data.dataset import Dataset
from astronomical.session.data.feature_recipe import operations_of, recipe_of
from astronomical.session.data.vectors import check_vectors
from astronomical.session.data.virtual import needed_virtual
from astronomical.session.errors import SessionError
from astronomical.session.evaluation.predictions import Predictions, Vote, predict_all
from astronomical.session.export.prediction_table import check_feature_columns, open_to_predict
from astronomical.session.project.round_records import environment

__all__ = [
    "SUFFIXES",
    "Bundle",
    "load_model",
    "make_bundle",
]

#: File extensions of models.
SUFFIXES = (".skops", ".joblib")
_FORMAT, _VERSION = "astronomical model", 1


@dataclass(frozen=True, eq=False)
class Bundle:
    """Learners with the recipe of their features.

    Attributes
    ----------
    title
        Title of the project.
    labels
        The classes: values of the label column and their names.
    kept
        Classes that a source may belong to.
    catalogue
        How the table is read: ids, position, missing values.
    features
        The recipe of the features.
    fitted
        Names, medians and scales of the features, without values.
    votes
        The learners.
    versions
        Versions of the packages that created it.
    """

    title: str
    labels: tuple[tuple[str, str], ...]
    kept: tuple[str, ...]
    catalogue: CatalogueConfig
    features: FeaturesConfig
    fitted: FeatureMatrix
    votes: tuple[Vote, ...]
    versions: dict[str, str]

    @property
    def classes(self) -> tuple[str, ...]:
        """The classes that the bundle predicts."""
        return tuple(vote.class_name for vote in self.votes)

    def predict(
        self,
        catalogue: str | Path | TableSource,
        *,
        format: str | None = None,
        table: int | str | None = None,
        id: str | None = None,
        joins: Sequence[Join] = (),
        registry: Registry | None = None,
        cancelled: CancelCheck = never,
        progress: Progress = no_progress,
    ) -> Table:
        """Predict the classes of the sources of a table.

        Parameters
        ----------
        catalogue
            A file, or an open table, with the columns that the features need. Ids may occur more than once.
        format, table
            Format of the file, by default recognised from its content, and name of the table in it.
        id
            What identifies a source: the name of a column, or ``row`` for row numbers. By default the id of the
            project.
        joins
            Other tables whose columns are added, such as vectors in a ``.npy`` file.
        registry
            Registry of the feature operations; by default the built-in ones.
        cancelled, progress
            Return whether to stop, and receive the progress.

        Returns
        -------
        Table
            One row for each source, with id, p_NAME, p_NAME_cal where there is a calibration, predicted, ambiguous,
            unclaimed and, if every class has a learner, combined_NAME. The rows are in the order of the ids; in the
            order of the file if the ids are row numbers or an id occurs more than once.

        Raises
        ------
        CatalogueError, SessionError
            If the table cannot be read, or a column is missing.
        """
        opened = open_to_predict(self.catalogue, catalogue, format=format, table=table, id=id, joins=joins)
        found = self.predict_catalogue(opened, registry=registry, cancelled=cancelled, progress=progress).table()
        in_order_of_file = id == "row" or bool(np.any(opened.ids[1:] == opened.ids[:-1]))
        return found[np.argsort(opened.rows_in_file)] if in_order_of_file else found

    def predict_catalogue(
        self,
        catalogue: Catalogue,
        *,
        registry: Registry | None = None,
        cancelled: CancelCheck = never,
        progress: Progress = no_progress,
    ) -> Predictions:
        """Predict the classes of the sources of an open catalogue; see `predict`."""
        features = self.features_of(catalogue, registry)
        usable = features.complete if self.features.missing == "drop" else None
        return predict_all(
            self.votes, catalogue.ids, features, self.kept, usable=usable, cancelled=cancelled, progress=progress
        )

    def features_of(self, catalogue: Catalogue, registry: Registry | None = None) -> FeatureMatrix:
        """Return the features of the sources of an open catalogue; see `predict`."""
        check_feature_columns(self.features, {column.name for column in catalogue.columns}, catalogue.source.path.name)
        wanted = feature_columns(self.features)
        check_vectors(self.features.vectors, catalogue)
        catalogue.prefetch(wanted)
        return apply_features(
            catalogue.number,
            recipe_of(self.features),
            operations_of(registry or builtin_registry(), self.features.combinations),
            self.fitted,
            catalogue.n_rows,
            catalogue.double,
            catalogue.vector_blocks,
        )

    def write(self, path: str | Path, *, overwrite: bool = False) -> Path:
        """Write the bundle with skops, or with joblib if the file name ends in ``.joblib``.

        Parameters
        ----------
        path
            The file.
        overwrite
            Whether to replace an existing file.

        Raises
        ------
        SessionError
            If the extension is not ``.skops`` or ``.joblib``, or the file exists or cannot be written.
        """
        path = local_path(path)
        check_model_name(path)
        if not overwrite and exists(path):
            raise SessionError(f"{path} exists. Choose another name, or allow overwriting.")
        try:
            with writing(path, overwrite=overwrite) as file:
                if path.suffix.lower() == ".joblib":
                    import joblib  # type: ignore[import-untyped]

                    joblib.dump(self._plain(), file, compress=3)
                else:
                    # Importing skops takes longer than all else that opens a project, so only models import it.
                    from astronomical.session.export.model_files import dump_checked

                    dump_checked(self._plain(), file)
        except OSError as error:
            raise SessionError(f"{path} cannot be written: {error.strerror or error}.") from None
        return path

    def _plain(self) -> dict[str, Any]:
        fitted = self.fitted
        return {
            "format": _FORMAT,
            "version": _VERSION,
            "title": self.title,
            "labels": [list(pair) for pair in self.labels],
            "kept": list(self.kept),
            "catalogue": self.catalogue.model_dump(mode="json"),
            "features": self.features.model_dump(mode="json"),
            "names": list(fitted.names),
            "medians": fitted.medians,
            "means": fitted.means,
            "scales": fitted.scales,
            "projections": {name: {"mean": item.mean, "axes": item.axes} for name, item in fitted.projections.items()},
            "versions": self.versions,
            "learners": [
                {
                    "class": vote.class_name,
                    "k": vote.k,
                    "key": vote.key,
                    "models": list(vote.models),
                    "fills": list(vote.fills),
                    "left_out": list(vote.left_out),
                    "threshold": vote.threshold,
                    "calibration": None if vote.calibration is None else vote.calibration.plain(),
                }
                for vote in self.votes
            ],
        }


def make_bundle(config: Config, dataset: Dataset, votes: Sequence[Vote]) -> Bundle:
    """Return a bundle of the learners of a project.

    Raises
    ------
    SessionError
        If no learner is trained.
    """
    if not votes:
        raise SessionError("No learner is trained yet, so there is no model to save. Label more sources first.")
    catalogue = config.catalogue.model_copy(
        update={
            "fingerprint": None,
            "working_set": None,
            "path": Path(config.catalogue.path).name,
            "virtual": needed_virtual(config.catalogue.virtual, feature_columns(config.features)),
        }
    )
    features = dataset.features
    nothing = np.empty((len(features.names), 0), dtype=np.float32)
    fitted = FeatureMatrix(
        features.names,
        nothing,
        features.medians,
        np.empty(0, dtype=np.bool_),
        features.means,
        features.scales,
        features.projections,
    )
    made = environment()
    return Bundle(
        config.project.title,
        tuple((entry.value, entry.name) for entry in config.labels),
        tuple(name for name in config.class_names if name not in config.split.drop),
        catalogue,
        config.features,
        fitted,
        tuple(votes),
        {"python": made.python, **made.packages},
    )


def load_model(path: str | Path, *, allow_pickle: bool = False) -> Bundle:
    """Load an exported model.

    Parameters
    ----------
    path
        The file, with the extension ``.skops`` or ``.joblib``.
    allow_pickle
        Whether to read a joblib file, which can run any code of its author on this computer. A skops file runs no code.

    Returns
    -------
    Bundle
        The model; see its `predict`.

    Raises
    ------
    SessionError
        If the file is not such a model, or contains types that a model must not contain.
    """
    path = local_path(path)
    check_model_name(path)
    if path.suffix.lower() == ".joblib" and not allow_pickle:
        raise SessionError(
            f"{path.name} is a joblib file: reading it runs any code that it contains. Ask for the "
            "model as .skops or, if you trust its author, allow it (--allow-pickle)."
        )
    try:
        content = _read(path)
        if content.get("format") != _FORMAT:
            raise InvalidInputError("it is not a model of astronomical")
        if content["version"] != _VERSION:
            raise InvalidInputError(f"its version is {content['version']}; this program reads version {_VERSION}")
        return _bundle(content, checked=path.suffix.lower() != ".joblib")
    except OSError as error:
        raise SessionError(f"{path} cannot be read: {error.strerror or error}.") from None
    except ValidationError as error:
        raise SessionError(f"{path.name} cannot be used: {first_problem(error)}.") from None
    except Exception as error:  # a foreign file may be wrong in any way, and must not cause a traceback
        raise SessionError(f"{path.name} cannot be used: {str(error) or type(error).__name__}.") from None


def check_model_name(path: Path) -> None:
    """Raise an error if a file does not have the extension of a model."""
    if path.suffix.lower() not in SUFFIXES:
        raise SessionError(f"{path.name}: the file name of a model must end in .skops or .joblib.")


def _read(path: Path) -> dict[str, Any]:
    if path.suffix.lower() == ".joblib":
        import joblib

        content = joblib.load(path)
    else:
        # Importing skops takes longer than all else that opens a project, so only models import it.
        from astronomical.session.export.model_files import load_checked

        content = load_checked(path)
    if not isinstance(content, dict):
        raise TypeError("it is not a model of astronomical")
    return content


def _bundle(content: dict[str, Any], *, checked: bool) -> Bundle:
    """Build a bundle from plain data; `checked` means that its models come from an untrusted file."""
    features = FeaturesConfig.model_validate(content["features"])
    fitted = FeatureMatrix(
        tuple(content["names"]),
        np.empty((len(content["names"]), 0), dtype=np.float32),
        content["medians"],
        np.empty(0, dtype=np.bool_),
        content["means"],
        content["scales"],
        check_projections(content.get("projections", {}), recipe_of(features).vectors),
    )
    votes = tuple(
        Vote(
            item["class"],
            item["k"],
            item["key"],
            tuple(item["models"]),
            tuple(item["fills"]),
            tuple(item.get("left_out", ())),
            float(item.get("threshold", DECISION_THRESHOLD)),
            Calibration(**item["calibration"]) if item.get("calibration") else None,
        )
        for item in content["learners"]
    )
    from astronomical.session.export.model_files import check_features

    check_features(fitted)
    for vote in votes:
        check_threshold(vote.threshold)
        if not vote.models or len(vote.models) != len(vote.fills):
            raise InvalidInputError(f"the learner of {vote.class_name} has no models, or they are incomplete")
        if not set(vote.left_out) <= set(fitted.names):
            raise InvalidInputError(f"the learner of {vote.class_name} leaves out features that it does not have")
        for model in vote.models if checked else ():
            check_model(model, len(fitted.names))
    return Bundle(
        content["title"],
        tuple((value, name) for value, name in content["labels"]),
        tuple(content["kept"]),
        CatalogueConfig.model_validate(content["catalogue"]),
        features,
        fitted,
        votes,
        dict(content["versions"]),
    )
