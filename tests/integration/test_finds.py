"""Find all sources of a class: what is counted, what an audit adds, and what another model proposes."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from astronomical.catalogue.features import FeatureMatrix
from astronomical.config.schema import ExtensionConfig, StartConfig
from astronomical.errors import InvalidInputError
from astronomical.learning.finds import Search
from astronomical.learning.rounds import RoundRequest, fit_round
from astronomical.session import Session
from astronomical.session.errors import SessionError
from astronomical.session.evaluation.finds import N_SECOND, finds_lines
from astronomical.session.project.extensions import member_of, strategy_of
from tests.support.projects import answer, label_until, make_project

KNN = [ExtensionConfig(name="knn")]
LIKELY = ExtensionConfig(name="likely")


@pytest.fixture
def session(tmp_path):
    with Session.open(make_project(tmp_path, n=400)[0], who="tester", look_ahead=False) as opened:
        opened.training.start("QSO", models=KNN, strategy=LIKELY)
        yield opened


def own_labels(session, name="QSO"):
    return [example.target for example in session.training.training_set(name).examples]


def test_finds_are_counted_and_the_advice_comes_at_the_end(session):
    label_until(session, "QSO", 25)
    report, own = session.evaluation.finds("QSO"), own_labels(session)
    np.testing.assert_array_equal(report.found, np.cumsum(own))
    view = session.training.training_set("QSO")
    n_left = int(session.dataset.split.training.sum()) - view.k - len(view.removed)
    search = Search.of(own[5:], n_left, sum(own[:5]))
    assert (report.at_most, report.n_needed) == (search.at_most(), search.n_needed(0.95))
    assert report.n_found == sum(own)
    assert not report.is_reached
    assert finds_lines(report, "QSO")[-1].startswith("Go on: it is not shown that 95 % are found. ")
    while answer(session) is not None:
        pass
    report = session.evaluation.finds("QSO")
    assert (report.at_most, report.is_reached, report.recall_at_least) == (report.n_found, True, 1.0)
    assert finds_lines(report, "QSO")[-1].startswith("At least 95 % are found (95 % confidence).")


def test_an_audit_gives_an_estimate_with_an_interval(session):
    label_until(session, "QSO", 15)
    n_before = sum(own_labels(session))
    session.audits.draw(40)
    n_own = 0
    while session.state.curating.auditing:
        id = session.state.focus
        label = session.dataset.class_names[max(0, session.dataset.codes[session.dataset.catalogue.row(id)])]
        n_own += label == "QSO"
        session.assign(label, id=id)
    report, count = session.evaluation.finds("QSO"), session.evaluation.audit_report("QSO").estimate.count
    assert report.n_audited == n_own > 0
    assert report.n_found == n_before + n_own
    assert report.audited == pytest.approx(tuple(max(n_before + value, report.n_found) for value in count))
    assert any(line.startswith(f"From the audit: {report.n_found} of about ") for line in finds_lines(report, "QSO"))


def test_another_model_proposes_likely_sources_of_the_pool(session):
    label_until(session, "QSO", 15)
    ids = session.evaluation.second_opinion("QSO")
    assert len(set(ids)) == N_SECOND
    assert not set(ids) & set(session.training.targets("QSO"))
    codes = session.dataset.codes[session.dataset.catalogue.rows_of(ids)]
    share = np.mean(session.dataset.codes[session.dataset.split.training] == session.dataset.class_names.index("QSO"))
    assert np.mean(codes == session.dataset.class_names.index("QSO")) > 2 * share


def test_what_cannot_be_answered_is_refused(session):
    with pytest.raises(SessionError, match="Quasar"):
        session.evaluation.finds("Quasar")
    with pytest.raises(InvalidInputError, match="target must be above 0"):
        session.evaluation.finds("QSO", 95)
    with pytest.raises(SessionError, match="Quasar"):
        session.evaluation.second_opinion("Quasar")
    session.training.start("Star", models=KNN, start=StartConfig(mode="label", n=3))
    with pytest.raises(SessionError, match="Another model needs labels of Star and of other sources"):
        session.evaluation.second_opinion("Star")


def rare_pulsars(shared, seed):
    """Return features and classes of pulsar candidates, of which a random 1 % are pulsars."""
    table = pd.read_csv(shared / "labelled/HTRU_2.csv", lineterminator="\r")
    values, own = table.iloc[:, :8].to_numpy(np.float32), table.iloc[:, 8].to_numpy() == 1
    rng = np.random.default_rng(seed)
    pulsars = rng.choice(np.flatnonzero(own), np.count_nonzero(~own) // 99, replace=False)
    rows = rng.permutation(np.concatenate([np.flatnonzero(~own), pulsars]))
    return values[rows], own[rows].astype(np.int8)


def labels_to_find(X, y, registry, seed, n_trees, wanted=0.95):
    """Return how many labels it takes to find a fraction of the class, most likely first, from 5 initial labels."""
    n = len(y)
    rng = np.random.default_rng([seed, 1])
    start = [int(rng.choice(np.flatnonzero(y == side))) for side in (1, 0, 0, 0, 0)]
    everywhere, nowhere = np.ones(n, dtype=bool), np.zeros(n, dtype=bool)
    medians = np.median(X, axis=0).astype(np.float32)
    request = RoundRequest(
        class_name="Pulsar",
        key="",
        k=5,
        ids=np.array([f"{row:06d}".encode() for row in range(n)]),
        features=FeatureMatrix(tuple("abcdefgh"), np.ascontiguousarray(X.T), medians, everywhere),
        rows=np.array(sorted(start)),
        targets=y[sorted(start)],
        pool=everywhere,
        truth=y,
        training=nowhere,
        validation=nowhere,
        members=(member_of(registry, ExtensionConfig(name="random_forest", parameters={"n_estimators": n_trees})),),
        strategy=strategy_of(registry, LIKELY),
        model_seed=seed,
        query_seed=seed,
        n_start=2,
        n_ranked=1,
    )
    labelled = set(start)
    while np.count_nonzero(y[list(labelled)]) < wanted * np.count_nonzero(y):
        rows = np.array(sorted(labelled))
        found = fit_round(replace(request, rows=rows, targets=y[rows], k=len(rows), query_seed=len(rows)))
        labelled.add(int(found.queries[0]))
    return len(labelled)


@pytest.mark.slow
@pytest.mark.catalogues
@pytest.mark.timeout(1200)
def test_likely_finds_rare_pulsars_with_less_than_half_of_the_labels_of_random(shared, session):
    n_likely, n_random = [], []
    for seed in range(1):
        X, y = rare_pulsars(shared, seed)
        n_likely.append(labels_to_find(X, y, session.registry, seed, n_trees=10))
        places = np.flatnonzero(np.random.default_rng([seed, 2]).permutation(y))
        n_random.append(places[int(np.ceil(0.95 * len(places))) - 1])
    assert np.mean(n_likely) <= np.mean(n_random) / 2
