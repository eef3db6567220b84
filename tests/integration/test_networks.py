"""The neural networks of the extras ``torch`` and ``tensorflow``, in sessions, in files and without their libraries."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest
from astropy.table import Table

from astronomical.cli import main
from astronomical.config.schema import ExtensionConfig
from astronomical.learning.model_check import check_model
from astronomical.learning.models.keras_mlp import KerasNetwork
from astronomical.learning.models.networks import Network, is_installed
from astronomical.learning.models.torch_mlp import TorchNetwork
from astronomical.learning.tree_check import UnsafeModelError
from astronomical.plugins.loader import load_plugins
from astronomical.plugins.registry import UnknownExtensionError, builtin_registry
from astronomical.session import Session
from astronomical.session.evaluation.reproduce import reproduce
from astronomical.session.project.missing_plugins import what_to_install
from tests.support.projects import label_until, make_project
from tests.support.without import code_without

EXTRAS = {"torch_mlp": ("torch", "torch"), "keras_mlp": ("tensorflow", "keras")}
KINDS = {"torch_mlp": TorchNetwork, "keras_mlp": KerasNetwork}


@pytest.fixture(params=EXTRAS)
def network(request) -> str:
    """The name of a network whose library is installed."""
    for module in EXTRAS[request.param]:
        pytest.importorskip(module)
    return request.param


@pytest.fixture(params=EXTRAS)
def absent(request) -> str:
    """The name of a network whose library is not installed."""
    if is_installed(*EXTRAS[request.param]):
        pytest.skip("the library is installed")
    return request.param


def data(n: int = 200) -> tuple[np.ndarray, np.ndarray]:
    """Two sides that no plane separates."""
    X = np.random.default_rng(5).normal(size=(n, 4)).astype(np.float32)
    return X, (np.hypot(X[:, 0], X[:, 1]) > 1.2).astype(np.int8)


def test_a_network_learns_what_no_plane_separates_and_the_seed_decides(network):
    X, y = data()
    first, same, other = (KINDS[network](seed).fit(X, y) for seed in (3, 3, 4))
    assert (first.predict(X) == y).mean() > 0.95
    assert np.array_equal(first.predict_proba(X), same.predict_proba(X))
    assert not np.array_equal(first.predict_proba(X), other.predict_proba(X))


def test_the_library_gives_the_same_probabilities(network):
    """The probabilities are computed from the weights with NumPy; the library that trained them agrees."""
    X, y = data()
    model = KINDS[network](1).fit(X, y)
    rows = model.scaler_.transform(X).astype(np.float32)
    weights = [model.hidden_weights_, model.hidden_bias_, model.output_weights_, model.output_bias_]
    if network == "torch_mlp":
        import torch

        a, b, c, d = (torch.from_numpy(array) for array in weights)
        expected = torch.softmax(torch.relu(torch.from_numpy(rows) @ a + b) @ c + d, dim=1).numpy()
    else:
        import keras

        layers = [keras.layers.Dense(32, activation="relu"), keras.layers.Dense(2, activation="softmax")]
        made = keras.Sequential([keras.Input((4,)), *layers])
        made.set_weights(weights)
        expected = made.predict(rows, verbose=0)
    assert np.allclose(model.predict_proba(X), expected, atol=1e-5)


def test_the_training_touches_no_shared_random_generator(network):
    before = np.random.get_state()[1].copy()
    states = []
    if network == "torch_mlp":
        import torch

        states.append(torch.get_rng_state())
    KINDS[network](1, epochs=3).fit(*data())
    assert np.array_equal(np.random.get_state()[1], before)
    if states:
        import torch

        assert torch.equal(states[0], torch.get_rng_state())


def test_a_network_in_a_committee_is_reproduced_saved_and_used_without_its_library(network, tmp_path, checkout):
    path, _ = make_project(tmp_path)
    committee = [ExtensionConfig(name=network, parameters={"epochs": 60}), ExtensionConfig(name="random_forest")]
    with Session.open(path) as session:
        session.training.start("Star", models=committee, strategy=ExtensionConfig(name="vote_entropy"))
        label_until(session, "Star", 8)
        assert session.round("Star").votes.shape == (2, session.dataset.catalogue.n_rows)
        assert session.round("Star").validation.accuracy > 0.7
        session.exports.export("model", tmp_path / "m.skops")
        session.exports.export("predictions", tmp_path / "predictions.fits")
    assert reproduce(path).ok
    arguments = ["predict", "m.skops", "catalogue.fits", "-o", "again.fits"]
    code = f"from astronomical.cli import main; import os; os.chdir({str(tmp_path)!r}); sys.exit(main({arguments}))"
    done = subprocess.run(
        code_without(EXTRAS[network], code), capture_output=True, text=True, check=False, cwd=checkout
    )
    assert (done.returncode, done.stderr) == (0, "")
    here, there = (Table.read(tmp_path / name)["p_Star"] for name in ("predictions.fits", "again.fits"))
    assert np.array_equal(np.asarray(here), np.asarray(there), equal_nan=True)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("hidden_weights_", np.zeros((3, 32), np.float32)),
        ("hidden_bias_", np.zeros(31, np.float32)),
        ("output_weights_", np.zeros((32, 3), np.float32)),
        ("output_bias_", np.zeros(2)),
        ("output_bias_", [0.0, 0.0]),
        ("scaler_", None),
    ],
)
@pytest.mark.parametrize("kind", KINDS.values())
def test_weights_from_a_file_that_do_not_fit_are_refused(kind, name, value):
    model = trained_elsewhere(kind)
    check_model(model, 4)
    setattr(model, name, value)
    with pytest.raises(UnsafeModelError, match="its weights do not fit one another"):
        check_model(model, 4)


def trained_elsewhere(kind: type[Network]) -> Network:
    """Return a network with weights, for which no library is needed."""

    class Untrained(kind):  # type: ignore[misc, valid-type]
        def train(self, rows, targets, start):
            return start

    model = Untrained().fit(*data())
    model.__class__ = kind
    return model


def test_menus_offer_a_network_only_if_its_library_is_installed():
    names = builtin_registry().names("model")
    assert {name: name in names for name in EXTRAS} == {name: is_installed(*EXTRAS[name]) for name in EXTRAS}


def test_keras_is_not_imported_before_a_network_is_trained():
    """PyTorch is: modAL imports it if it is installed."""
    code = (
        "import sys; from astronomical.plugins.registry import builtin_registry; builtin_registry();"
        "print(sorted({'keras', 'tensorflow'} & set(sys.modules)))"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"


def test_a_missing_library_is_named_with_what_to_install(absent):
    extra = EXTRAS[absent][0]
    advice = rf'pip install "astronomical-lab\[{extra}\]"'
    with pytest.raises(
        UnknownExtensionError, match=rf"the model '{absent}' is not installed\. Install it with: {advice}"
    ):
        builtin_registry().find("model", absent)
    assert what_to_install([("model", absent)], load_plugins()) == (
        f"The model '{absent}' is missing. Install it with: pip install \"astronomical-lab[{extra}]\". "
        "Then open the project again."
    )


def test_a_project_with_a_missing_library_opens_and_says_what_to_install(absent, tmp_path, capsys):
    path, _ = make_project(tmp_path)
    with Session.open(path) as session:
        session.training.start("Star")
        label_until(session, "Star", 6)
        session.save()
    text = path.read_text(encoding="utf-8")
    assert "random_forest" in text
    path.write_text(text.replace("random_forest", absent), encoding="utf-8")
    with Session.open(path) as session:
        assert f"astronomical-lab[{EXTRAS[absent][0]}]" in session.training.missing_plugins("Star")
        assert len(session.training.targets("Star")) == 6
    assert main(["reproduce", str(path)]) == 2
    said = capsys.readouterr().err
    assert f"astronomical-lab[{EXTRAS[absent][0]}]" in said
    assert "Traceback" not in said
