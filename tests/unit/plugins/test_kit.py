from __future__ import annotations

import numpy as np
import pytest
from modAL.uncertainty import uncertainty_sampling
from sklearn.tree import DecisionTreeClassifier

import astronomical
from astronomical.extend import Parameter
from astronomical.plugins.registry import builtin_registry
from astronomical.plugins.testing import check_extension
from astronomical.plugins.testing.__main__ import main
from tests.support.plugin_files import FEATURE, MODEL, write_plugin

pytest_plugins = ["astronomical.plugins.testing.fixtures"]


@pytest.mark.parametrize(
    "entry", list(builtin_registry()), ids=lambda entry: f"{entry.extension.kind}-{entry.extension.name}"
)
def test_every_built_in_passes(entry, check_plugin):
    check_plugin(entry.obj)


def failures(obj):
    return [finding.error for finding in check_extension(obj) if finding.error is not None]


def test_a_model_without_its_seed_is_found():
    @astronomical.model("loose")
    def loose(seed):
        return DecisionTreeClassifier(max_features=1, max_depth=2, random_state=np.random.default_rng().integers(2**31))

    assert any("pass the seed as random_state" in text for text in failures(loose))


def test_a_model_that_is_handed_out_twice_is_found():
    kept = DecisionTreeClassifier(random_state=0)

    @astronomical.model("kept")
    def same(seed):
        return kept

    assert any("return a new one" in text for text in failures(same))


def test_a_strategy_that_draws_its_own_numbers_is_found():
    @astronomical.query_strategy("dice")
    def dice(proba, order):
        return np.random.default_rng().random(len(proba))

    assert any("two calls differ" in text for text in failures(dice))


def test_a_strategy_that_changes_its_arguments_is_found():
    @astronomical.query_strategy("rude")
    def rude(proba, order):
        proba[:, 0] = 0
        return proba[:, 1]

    assert any("changed in place" in text for text in failures(rude))


def test_a_strategy_of_modal_passes_and_one_that_draws_ties_is_found():
    @astronomical.query_strategy("theirs")
    def theirs(classifier, X_pool, n_instances=1):
        return uncertainty_sampling(classifier, X_pool, n_instances)

    @astronomical.query_strategy("shuffled")
    def shuffled(classifier, X_pool, n_instances=1):
        return np.random.default_rng().choice(len(X_pool), n_instances, replace=False)

    assert failures(theirs) == []
    assert any("two calls differ" in text for text in failures(shuffled))


def test_a_feature_that_looks_at_other_sources_is_found():
    @astronomical.feature("centred")
    def centred(columns):
        return columns[0] - np.nansum(columns[0])

    assert any("depends on other sources" in text for text in failures(centred))


def test_a_feature_that_fills_what_is_missing_is_found():
    @astronomical.feature("filled")
    def filled(columns):
        return np.nan_to_num(columns[0]) + np.nan_to_num(columns[1])

    assert any("missing input" in text for text in failures(filled))


def test_a_feature_that_does_not_take_its_parameter_is_found():
    @astronomical.feature("power", parameters=(Parameter("exponent", 2, bounds=(1, 3)),))
    def power(columns, exponent=2):
        return columns[0] ** exponent if exponent < 3 else columns[0][:3]

    assert any("exponent=3 gave an array of shape (3,)" in text for text in failures(power))


def test_the_command(tmp_path, capsys):
    good = write_plugin(tmp_path, MODEL + FEATURE.replace("import astronomical\n", ""), "good.py")
    assert main([str(good)]) == 0
    assert "checks passed" in capsys.readouterr().out
    bad = write_plugin(tmp_path, FEATURE.replace("np.power(columns, exponent)", "columns[0][:-1]"), "bad.py")
    assert main([str(bad)]) == 1
    assert "FAILED feature mean" in capsys.readouterr().out
    assert main([str(tmp_path / "absent.py")]) == 2
    assert main([]) == 2
