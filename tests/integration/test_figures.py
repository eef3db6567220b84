"""What active learning has to be worth: more accuracy than as many labels given at random."""

from __future__ import annotations

import csv
from statistics import mean

import pytest

from astronomical.cli import main

pytestmark = pytest.mark.timeout(600)


def accuracies(config, output, n_seeds):
    """Return the mean validation accuracy at 30 labels for each strategy, by 100 trees."""
    assert (
        main(
            [
                "simulate",
                str(config),
                "--class",
                "Star",
                "--labels",
                "30",
                "--seeds",
                str(n_seeds),
                "--strategy",
                "uncertainty,random",
                "--model",
                "random_forest:n_estimators=100",
                "-o",
                str(output),
            ]
        )
        == 0
    )
    with output.open() as file:
        ends = [row for row in csv.DictReader(file) if row["n_labels"] == "30"]
    assert len(ends) == 2 * n_seeds
    return {
        name: mean(float(row["accuracy"]) for row in ends if row["strategy"] == name)
        for name in ("uncertainty", "random")
    }


@pytest.mark.slow
@pytest.mark.catalogues
def test_stars_of_the_sdss_with_30_labels(shared, tmp_path):
    config = tmp_path / "sdss.yaml"
    assert (
        main(
            [
                "new",
                str(shared / "labelled" / "sdss_dr14_10k.csv"),
                "-o",
                str(config),
                "--id",
                "position",
                "--label",
                "class",
                "--label-name",
                "STAR=Star",
                "--features",
                "u,g,r,i,z,redshift",
                "--combine",
                "subtract:2:u,g,r,i,z",
            ]
        )
        == 0
    )
    found = accuracies(config, tmp_path / "curves.csv", 5)
    assert found["uncertainty"] >= 0.99
    assert found["uncertainty"] > found["random"] + 0.01


@pytest.mark.slow
def test_stars_of_the_example_with_30_labels(checkout, tmp_path):
    found = accuracies(checkout / "configs" / "example.yaml", tmp_path / "curves.csv", 3)
    assert found["uncertainty"] >= 0.95
    assert found["uncertainty"] > found["random"] + 0.01
