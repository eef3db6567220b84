"""Numbers that single precision cannot hold: ids are refused, and differences are computed in double precision."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from astropy.table import Table

from astronomical.catalogue.catalogue import Catalogue
from astronomical.catalogue.errors import IdError
from astronomical.catalogue.ids import check_exact
from astronomical.cli.entry import main
from astronomical.config.io import read_config
from astronomical.config.schema import FeaturesConfig
from astronomical.plugins.registry import builtin_registry
from astronomical.session.data.dataset import build_dataset, open_project_catalogue
from astronomical.session.data.settings_changes import plan_change, rebuild
from astronomical.setup.draft import Draft
from astronomical.setup.table_preview import check_ids, read_table

N = 400
RNG = np.random.default_rng(0)
START = 2_459_000 + np.sort(RNG.uniform(0, 100, N))
LENGTH = RNG.uniform(0.01, 0.2, N)
IDS = [f"s{n:03d}" for n in range(N)]


@pytest.fixture
def times(tmp_path: Path) -> Path:
    classes = np.where(LENGTH > 0.1, "OLD", "YOUNG")
    table = Table({"id": IDS, "jdstart": START, "jdend": START + LENGTH, "g": 18 + LENGTH, "r": 17 + LENGTH**2})
    table["cls"] = classes
    table.write(tmp_path / "c.fits")
    return tmp_path / "c.fits"


def new(path: Path, *words: str) -> Path:
    project = path.with_name("p.yaml")
    assert main(["new", str(path), "--id", "id", "--label", "cls", "--overwrite", "-o", str(project), *words]) == 0
    return project


def features_of(project: Path):
    config = read_config(project)
    catalogue = open_project_catalogue(config, project.parent)
    return config, build_dataset(config, catalogue, builtin_registry(), project.parent).features


@pytest.mark.parametrize("memory", [False, True])
def test_differences_of_large_numbers_are_exact(times: Path, memory: bool):
    project = new(times, "--features", "jdend,jdstart", "--combine", "subtract:2")
    config, features = features_of(project)
    if memory:
        text = project.read_text().replace("optimise_memory: false", "optimise_memory: true")
        project.write_text(text)
        features = features_of(project)[1]
    assert config.features.double == ("jdend", "jdstart")
    made = features.values[features.names.index("jdend-jdstart")]
    np.testing.assert_allclose(made, LENGTH, atol=1e-8)
    assert main(["validate", str(project)]) == 0


def test_ordinary_columns_are_combined_as_before(times: Path):
    project = new(times, "--features", "g,r", "--combine", "subtract:2")
    assert read_config(project).features.double == ()
    assert "double" not in project.read_text()
    made = features_of(project)[1]
    expected = (np.float32(18 + LENGTH).astype(float) - np.float32(17 + LENGTH**2).astype(float)).astype(np.float32)
    np.testing.assert_array_equal(made.values[made.names.index("g-r")], expected)


def test_an_older_project_keeps_its_features(times: Path):
    project = new(times, "--features", "jdend,jdstart", "--combine", "subtract:2")
    text = project.read_text()
    project.write_text("\n".join(line for line in text.splitlines() if "double:" not in line) + "\n")
    made = features_of(project)[1]
    values = np.float32(START + LENGTH).astype(float) - np.float32(START).astype(float)
    np.testing.assert_array_equal(made.values[made.names.index("jdend-jdstart")], values.astype(np.float32))
    assert "double" not in FeaturesConfig().model_dump(mode="json")


def test_combinations_that_are_added_later_are_exact_too(times: Path):
    from astronomical.labels.ledger import Ledger

    project = new(times, "--features", "jdend,jdstart")
    config = read_config(project)
    catalogue = open_project_catalogue(config, project.parent)
    dataset = build_dataset(config, catalogue, builtin_registry(), project.parent)
    combined = FeaturesConfig.model_validate(
        {**config.features.model_dump(), "combinations": [{"operation": "subtract", "n": 2}]}
    )
    ledger = Ledger.replay(())
    plan = plan_change(config, config.model_copy(update={"features": combined}), ledger, builtin_registry())
    made, built = rebuild(plan, dataset, ledger, builtin_registry(), project.parent)
    assert made.features.double == ("jdend", "jdstart")
    np.testing.assert_allclose(built.features.values[-1], LENGTH, atol=1e-8)


def test_missing_values_stay_missing_in_double_precision(tmp_path: Path):
    pq.write_table(pa.table({"a": [2e6 + 0.125, None, -99.0], "t": ["1.5", "", "2.5"]}), tmp_path / "c.parquet")
    catalogue = Catalogue.open(tmp_path / "c.parquet", id_source="row", missing=[-99])
    np.testing.assert_array_equal(catalogue.double("a"), [2e6 + 0.125, np.nan, np.nan])
    np.testing.assert_array_equal(catalogue.double("t"), [1.5, np.nan, 2.5])


@pytest.mark.parametrize("dtype", ["f8", "f4"])
@pytest.mark.parametrize("name", ["c.fits", "c.parquet"])
def test_ids_that_were_rounded_are_refused_with_what_to_do(tmp_path: Path, name: str, dtype: str, capsys):
    first = 2**53 if dtype == "f8" else 2**24
    ids = (first + np.arange(20) * 1024).astype(dtype)
    table = Table({"id": ids, "g": np.arange(20.0), "cls": ["A", "B"] * 10})
    if name == "c.fits":
        table.write(tmp_path / name)
    else:
        pq.write_table(
            pa.table({key: np.asarray(table[key]).tolist() for key in ("g", "cls")} | {"id": ids}), tmp_path / name
        )
    arguments = ["new", str(tmp_path / name), "--id", "id", "--label", "cls", "-o", str(tmp_path / "p.yaml")]
    assert main(arguments) == 2
    said = capsys.readouterr().err
    assert "cannot be the id: it contains floating-point numbers" in said
    assert "Write it as integers or texts from the original table" in said
    draft = Draft()
    draft.use_table(read_table(tmp_path / name))
    draft.id_source, draft.id_column = "column", "id"
    assert check_ids(draft.table, draft.id_plan).error in said


def test_whole_numbers_that_floats_hold_exactly_are_ids():
    check_exact(np.array([1.0, 2.0**53 - 1]), "id")
    check_exact(np.array([2**60, 2**60 + 1]), "id")
    with pytest.raises(IdError):
        check_exact(np.array([2.0**53]), "id")


def test_reported_times_and_ids(shared: Path, tmp_path: Path):
    words = ["--id", "id", "--label", "cls", "-o", str(tmp_path / "p.yaml"), "--overwrite"]
    reported = shared / "reported"
    times = ["--features", "jdend,jdstart", "--combine", "subtract:2"]
    assert main(["new", str(reported / "jd_pair.parquet"), *words, *times]) == 0
    assert read_config(tmp_path / "p.yaml").features.double == ("jdend", "jdstart")
    for name in ("float_id.parquet", "float_id.fits"):
        assert main(["new", str(reported / name), *words]) == 2


def test_times_that_differ_in_double_precision_only_are_no_copies(tmp_path, capsys):
    """Times that are equal in single precision belong to different sources, so there is no warning about copies."""
    rng = np.random.default_rng(5)
    start = 2_459_000 + rng.uniform(0, 1, 200)
    table = Table({"id": [f"s{n}" for n in range(200)], "start": start, "end": start + rng.uniform(0, 0.2, 200)})
    table["cls"] = np.where(rng.random(200) < 0.5, "OLD", "YOUNG")
    table.write(tmp_path / "c.fits")
    options = ["--id", "id", "--label", "cls", "--features", "end,start", "--combine", "subtract:2"]
    assert main(["new", str(tmp_path / "c.fits"), "-o", str(tmp_path / "p.yaml"), *options]) == 0
    assert "in the training set" not in capsys.readouterr().out
