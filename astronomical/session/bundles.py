"""Models for use elsewhere: learners together with all that their features need, in one file.

A bundle is a dict of plain values, arrays and scikit-learn classifiers. It is written by skops, and read with a fixed
list of types that may be in it: whatever a file asks for, nothing but these is made, and no code of the file is run.
joblib is there for those who ask for it; reading such a file runs whatever is in it.
"""

from __future__ import annotations

import re
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from astropy.table import Table
from modAL.models import ActiveLearner, Committee
from pydantic import ValidationError

from astronomical.catalogue.catalogue import Catalogue
from astronomical.catalogue.features import FeatureMatrix, apply_features
from astronomical.config.io import local_path
from astronomical.config.schema import CatalogueConfig, Config, FeaturesConfig
from astronomical.learning.rounds import Member, Round
from astronomical.learning.scoring import CancelCheck, Progress, never, no_progress
from astronomical.plugins.registry import Registry, builtin_registry
from astronomical.session.dataset import Dataset
from astronomical.session.errors import SessionError
from astronomical.session.predictions import Predictions, Vote, predict_all
from astronomical.session.recipes import operations_of, recipe_of
from astronomical.session.results import environment

__all__ = ["ALLOWED_TYPES", "SUFFIXES", "Bundle", "foreign_types", "in_words", "load_model", "make_bundle", "vote_of"]

#: How the names of models end.
SUFFIXES = (".skops", ".joblib")
_FORMAT, _VERSION = "astronomical model", 1
_GAUSSIAN = "sklearn.gaussian_process"
#: What may be in a bundle beside the types that skops trusts by itself. A file cannot lengthen this list.
ALLOWED_TYPES = (
    "astronomical.learning.models.neighbours.NearestNeighbours",
    "astronomical.learning.models.smooth.likeliest_kernel",
    "numpy.dtype",
    "sklearn.ensemble._hist_gradient_boosting.predictor.TreePredictor",
    f"{_GAUSSIAN}._gpc._BinaryGaussianProcessClassifierLaplace",
    *(f"{_GAUSSIAN}.kernels.{name}" for name in ("ConstantKernel", "Matern", "Product", "RBF", "RationalQuadratic",
                                                 "Sum", "WhiteKernel")),
    "sklearn.tree._tree.Tree",
)


@dataclass(frozen=True, eq=False)
class Bundle:
    """Learners with the recipe of their features.

    Attributes
    ----------
    title
        Title of the project.
    labels
        The classes: values of the label column and the names that they mean.
    kept
        Classes that a source may be of.
    catalogue
        How the table was read: ids, position, missing values.
    features
        The recipe of the features.
    fitted
        Names, medians and scales of the features; its values are empty.
    votes
        The learners.
    versions
        Versions of the packages that made it.
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
        """The classes that it predicts."""
        return tuple(vote.class_name for vote in self.votes)

    def predict(self, catalogue: str | Path, *, table: int | str | None = None, registry: Registry | None = None,
                cancelled: CancelCheck = never, progress: Progress = no_progress) -> Table:
        """Predict the classes of the sources of a table.

        Parameters
        ----------
        catalogue
            A file with the columns of which the features are made, and with ids as the project has them.
        table
            Which table of the file.
        registry
            Where feature operations are found; by default the built-in ones.
        cancelled, progress
            Whether to stop, and how far the work is.

        Returns
        -------
        Table
            A row for each source, in the order of their ids: id, p_NAME, predicted, ambiguous, unclaimed and,
            where every class has a learner, combined_NAME.

        Raises
        ------
        CatalogueError, SessionError
            If the table cannot be read, or lacks a column.
        """
        given = self.catalogue.position
        opened = Catalogue.open(
            catalogue, table=table, id_source=self.catalogue.id.source, id_column=self.catalogue.id.column,
            position=None if given is None else (given.ra, given.dec, given.unit), missing=self.catalogue.missing,
        )
        return self.predict_catalogue(opened, registry=registry, cancelled=cancelled, progress=progress).table()

    def predict_catalogue(self, catalogue: Catalogue, *, registry: Registry | None = None,
                          cancelled: CancelCheck = never,
                          progress: Progress = no_progress) -> Predictions:
        """Predict the classes of the sources of an open catalogue; see `predict`."""
        there = {column.name for column in catalogue.columns}
        wanted = dict.fromkeys((*self.features.columns, *(name for combination in self.features.combinations
                                                          for name in combination.columns or ())))
        missing = [name for name in wanted if name not in there]
        if missing:
            raise SessionError(f"The model needs {', '.join(map(repr, missing[:5]))}, and {catalogue.source.path.name} "
                               f"has no such column{'s' if len(missing) > 1 else ''}.")
        catalogue.prefetch(tuple(wanted))
        features = apply_features(catalogue.number, recipe_of(self.features),
                                  operations_of(registry or builtin_registry(), self.features.combinations),
                                  self.fitted)
        usable = features.complete if self.features.missing == "drop" else None
        return predict_all(self.votes, catalogue.ids, features, self.kept, usable=usable, cancelled=cancelled,
                           progress=progress)

    def write(self, path: str | Path) -> Path:
        """Write the bundle: by skops, or by joblib if the name ends in ``.joblib``.

        Raises
        ------
        SessionError
            If the name ends neither in ``.skops`` nor in ``.joblib``, or the file cannot be written.
        """
        path = local_path(path)
        check_model_name(path)
        part = path.with_name(f".{path.name}.part")
        try:
            if path.suffix.lower() == ".joblib":
                import joblib  # type: ignore[import-untyped]

                joblib.dump(self._plain(), part, compress=3)
            else:
                _dump(self._plain(), part)
            part.replace(path)
        except OSError as error:
            raise SessionError(f"{path} cannot be written: {error.strerror or error}.") from None
        finally:
            part.unlink(missing_ok=True)
        return path

    def _plain(self) -> dict[str, Any]:
        fitted = self.fitted
        return {
            "format": _FORMAT, "version": _VERSION, "title": self.title, "labels": [list(pair) for pair in self.labels],
            "kept": list(self.kept), "catalogue": self.catalogue.model_dump(mode="json"),
            "features": self.features.model_dump(mode="json"), "names": list(fitted.names),
            "medians": fitted.medians, "means": fitted.means, "scales": fitted.scales, "versions": self.versions,
            "learners": [{"class": vote.class_name, "k": vote.k, "key": vote.key, "models": list(vote.models),
                          "fills": list(vote.fills)} for vote in self.votes],
        }


def make_bundle(config: Config, dataset: Dataset, votes: Sequence[Vote]) -> Bundle:
    """Return a bundle of the learners of a project.

    Raises
    ------
    SessionError
        If there are none.
    """
    if not votes:
        raise SessionError("No learner is trained yet: there is no model to save. Label more sources first.")
    catalogue = config.catalogue.model_copy(update={"fingerprint": None, "path": Path(config.catalogue.path).name})
    features = dataset.features
    nothing = np.empty((len(features.names), 0), dtype=np.float32)
    fitted = FeatureMatrix(features.names, nothing, features.medians, np.empty(0, dtype=np.bool_), features.means,
                           features.scales)
    made = environment()
    return Bundle(config.project.title, tuple((entry.value, entry.name) for entry in config.labels),
                  tuple(name for name in config.class_names if name not in config.split.drop), catalogue,
                  config.features, fitted, tuple(votes), {"python": made.python, **made.packages})


def vote_of(round: Round, members: Sequence[Member]) -> Vote:
    """Return the models of a trained round, without the learners around them."""
    models = tuple(round.model.learner_list) if isinstance(round.model, Committee) else (round.model,)
    plain = tuple(model.estimator if isinstance(model, ActiveLearner) else model for model in models)
    return Vote(round.class_name, round.k, round.key, plain, tuple(not member.native_missing for member in members))


def load_model(path: str | Path, *, run_its_code: bool = False) -> Bundle:
    """Read a model that was saved for use elsewhere.

    Parameters
    ----------
    path
        The file, ending in ``.skops`` or ``.joblib``.
    run_its_code
        Needed for a file of joblib: whoever made it can make this computer do anything. One of skops runs no code.

    Returns
    -------
    Bundle
        The model; see its `predict`.

    Raises
    ------
    SessionError
        If the file is no such model, or holds types that do not belong into one.
    """
    path = local_path(path)
    check_model_name(path)
    if path.suffix.lower() == ".joblib" and not run_its_code:
        raise SessionError(f"{path.name} is written by joblib: reading it runs whatever code is in it. Ask for the "
                           "model as .skops or, if you trust its author, say so (--run-its-code).")
    try:
        content = _read(path)
        if content.get("format") != _FORMAT:
            raise ValueError("it is no model of astronomical")
        if content["version"] != _VERSION:
            raise ValueError(f"its version is {content['version']}, and this program reads version {_VERSION}")
        return _bundle(content)
    except OSError as error:
        raise SessionError(f"{path} cannot be read: {error.strerror or error}.") from None
    except ValidationError as error:
        raise SessionError(f"{path.name} cannot be used: {error.errors()[0]['msg']}.") from None
    except Exception as error:  # the file is not ours: whatever is wrong with it must not come through as a traceback
        raise SessionError(f"{path.name} cannot be used: {str(error) or type(error).__name__}.") from None


def foreign_types(model: Any) -> list[str]:
    """Return the types that a fitted model holds and that may not be in a ``.skops`` file."""
    import skops.io

    return sorted(set(skops.io.get_untrusted_types(data=skops.io.dumps(model))) - set(ALLOWED_TYPES))


def in_words(types: Sequence[str]) -> str:
    """Name the first few types; those of a plugin by the name of its file."""
    return ", ".join(re.sub(r"^astronomical_plugin_(.+)_[0-9a-f]{8}\.", r"\1.", name) for name in types[:3])


def check_model_name(path: Path) -> None:
    """Refuse a name that does not end like that of a model."""
    if path.suffix.lower() not in SUFFIXES:
        raise SessionError(f"{path.name}: the name of a model ends in .skops, or in .joblib.")


def _dump(content: dict[str, Any], path: Path) -> None:
    """Write a file by skops, of types that may be in it.

    Raises
    ------
    SessionError
        If there are others.
    OSError
        If it cannot be written.
    """
    import skops.io

    try:
        skops.io.dump(content, path, compression=zipfile.ZIP_DEFLATED, compresslevel=1)
    except OSError:
        raise
    except Exception as error:  # it asks the objects of a plugin what they consist of, and they may do anything
        raise SessionError(f"The model holds what a .skops file may not hold ({str(error) or type(error).__name__}); "
                           "one that ends in .joblib may.") from error
    strange = _strange_types(path)
    if strange:
        raise SessionError(f"The model holds {in_words(strange)}, which a .skops file may not hold; "
                           "one that ends in .joblib may.")


def _read(path: Path) -> dict[str, Any]:
    if path.suffix.lower() == ".joblib":
        import joblib

        content = joblib.load(path)
    else:
        import skops.io
        from skops.io.exceptions import UntrustedTypesFoundException

        try:
            content = skops.io.load(path, trusted=list(ALLOWED_TYPES))
        except UntrustedTypesFoundException:
            raise ValueError(f"it holds {', '.join(_strange_types(path)[:3])}, which does not belong into a model; "
                             "nothing of it was run") from None
    if not isinstance(content, dict):
        raise TypeError("it is no model of astronomical")
    return content


def _strange_types(path: Path) -> list[str]:
    """Return the types in a file that may not be in a bundle; nothing of the file is run."""
    import skops.io

    return sorted(set(skops.io.get_untrusted_types(file=path)) - set(ALLOWED_TYPES))


def _bundle(content: dict[str, Any]) -> Bundle:
    fitted = FeatureMatrix(tuple(content["names"]), np.empty((len(content["names"]), 0), dtype=np.float32),
                           content["medians"], np.empty(0, dtype=np.bool_), content["means"], content["scales"])
    votes = tuple(Vote(item["class"], item["k"], item["key"], tuple(item["models"]), tuple(item["fills"]))
                  for item in content["learners"])
    return Bundle(content["title"], tuple((value, name) for value, name in content["labels"]), tuple(content["kept"]),
                  CatalogueConfig.model_validate(content["catalogue"]),
                  FeaturesConfig.model_validate(content["features"]), fitted, votes, dict(content["versions"]))
