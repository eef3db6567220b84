"""Search for labels that the model of a class contradicts."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from astronomical.catalogue.hashing import derive_seed, hash_ids
from astronomical.config.schema import Config
from astronomical.labels.derived import CATALOGUE, is_by_user
from astronomical.labels.ledger import Ledger
from astronomical.learning.cross_validation import out_of_fold_probabilities
from astronomical.learning.label_review import rank_suspects, self_confidence
from astronomical.learning.scoring import CancelCheck, Progress, never, no_progress
from astronomical.plugins.registry import Registry
from astronomical.session.data.dataset import Dataset
from astronomical.session.errors import SessionError
from astronomical.session.state import Suspect, SuspectList
from astronomical.session.training.round_requests import request_for, training_set_of

__all__ = ["find_suspects", "review_text"]


def find_suspects(
    config: Config,
    dataset: Dataset,
    registry: Registry,
    ledger: Ledger,
    class_name: str,
    cancelled: CancelCheck = never,
    progress: Progress = no_progress,
) -> SuspectList:
    """Return the labels that models trained on the other labels contradict, the least credible first.

    Parameters
    ----------
    config, dataset, registry, ledger
        The project.
    class_name
        Class of the learner whose models are used.
    cancelled, progress
        See `out_of_fold_probabilities`.

    Raises
    ------
    SessionError
        If there is no such learner, or a side has fewer than two labels.
    Cancelled
        If `cancelled` returned True.
    """
    if config.learner(class_name) is None:
        raise SessionError(f"Class {class_name!r} has no learner. Start one first.")
    labels = _labels(config, dataset, ledger, class_name)
    ids = list(labels)
    rows = dataset.catalogue.rows_of(ids)
    order = np.argsort(rows)
    ids, rows = [ids[place] for place in order], rows[order]
    targets = np.array([labels[id] == class_name for id in ids], dtype=np.int8)
    request = replace(
        request_for(config, dataset, registry, training_set_of(config, dataset, ledger, class_name)),
        rows=rows,
        targets=targets,
        weights=None,
        k=len(rows),
    )
    proba = out_of_fold_probabilities(request, cancelled, progress)
    if proba is None:
        raise SessionError(
            f"This needs at least two labels of {class_name} and two of other classes, to train models without the "
            "label that they judge."
        )
    equal = hash_ids(dataset.catalogue.ids[rows], derive_seed(config.project.seed, "review", class_name))
    credible = self_confidence(targets, proba)
    found = (
        Suspect(ids[place], labels[ids[place]], _annotator(ledger, ids[place]), float(credible[place]))
        for place in rank_suspects(targets, proba, equal).tolist()
    )
    kept = tuple(item for item in found if not _is_left_out(config, ledger, item))
    return SuspectList(class_name, len(ids), len(ledger), kept)


def _labels(config: Config, dataset: Dataset, ledger: Ledger, class_name: str) -> dict[str, str]:
    """Return the labels that are checked: those in effect of sources outside the test set that can be classified."""
    unsure, known = ledger.tab(class_name).unsure, frozenset(config.class_names) - frozenset(config.split.drop)
    found = {}
    for id in ledger.labelled_ids:
        label = ledger.label_of(id)
        if label in known and id not in unsure and id not in ledger.curated and id in dataset.catalogue:
            assert label is not None
            found[id] = label
    rows = dataset.catalogue.rows_of(list(found))
    inside = dataset.split.training[rows] | dataset.split.validation[rows]
    return {id: label for (id, label), kept in zip(found.items(), inside.tolist(), strict=True) if kept}


def _annotator(ledger: Ledger, id: str) -> str:
    """Return who gave the label in effect."""
    answers = [event for event in ledger.about(id).answers if event.n not in ledger.undone]
    labels = [event for event in answers if event.kind == "label" and is_by_user(event)]
    return labels[-1].who if labels else CATALOGUE


def _is_left_out(config: Config, ledger: Ledger, item: Suspect) -> bool:
    """Return whether a suspect was reviewed already, or its catalogue label must stay hidden."""
    return ledger.verdict_about(item.id) is not None or (config.labelling.blind and ledger.human(item.id) is None)


def review_text(ledger: Ledger, class_name: str) -> str:
    """Return how many reviewed labels were wrong; empty if none was reviewed."""
    verdicts = list(ledger.verdicts(class_name).values())
    n_wrong, n_right, n_unsure = (verdicts.count(verdict) for verdict in ("wrong", "right", "unsure"))
    n = n_wrong + n_right
    unsure = f" Unsure: {n_unsure:,}." if n_unsure else ""
    if not n:
        return f"No reviewed label was right or wrong.{unsure}" if n_unsure else ""
    return f"{n_wrong:,} of {n:,} reviewed labels were wrong.{unsure}"
