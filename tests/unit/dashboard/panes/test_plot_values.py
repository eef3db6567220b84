from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from astronomical.dashboard.panes.plot.values import (
    axis_label,
    axis_names,
    axis_values,
    catalogue_colouring,
    human_colouring,
)
from astronomical.session import Session

COLOURS = {"Star": "#0072B2", "Galaxy": "#E69F00"}


def test_axes_are_numeric_columns_then_other_features(session: Session) -> None:
    names = axis_names(session.dataset)
    assert names[-3:] == ["g-r", "g-i", "r-i"]
    assert {"g", "ra", "empty"} <= set(names)
    assert "note" not in names
    assert len(set(names)) == len(names)


def test_a_column_is_drawn_as_it_is_in_the_file(session: Session) -> None:
    row = session.dataset.catalogue.row("J0003")
    assert np.isnan(axis_values(session.dataset, "g")[row])


def test_scaled_features_are_drawn_in_their_units(session: Session) -> None:
    data = session.dataset
    natural = axis_values(data, "r-i")
    features = data.features
    scaled = dataclasses.replace(
        features,
        values=(features.values - 3) / 2,
        means=np.full(len(features.names), 3.0),
        scales=np.full(len(features.names), 2.0),
    )
    again = axis_values(dataclasses.replace(data, features=scaled), "r-i")
    np.testing.assert_allclose(again, natural, atol=1e-5)


def test_an_unknown_axis_is_named(session: Session) -> None:
    with pytest.raises(ValueError, match="'nothing'"):
        axis_values(session.dataset, "nothing")


def test_labels_carry_units(session: Session) -> None:
    assert axis_label(session.dataset, "g") == "g (mag)"
    assert axis_label(session.dataset, "g-r") == "g-r"


def test_sources_without_a_label_are_gathered_last(session: Session) -> None:
    colouring = catalogue_colouring(session.dataset, COLOURS)
    assert colouring.names == ("Star", "Galaxy", "unknown")
    assert np.bincount(colouring.codes).tolist() == [180, 180, 40]


def test_my_labels_colour_only_what_was_labelled(session: Session) -> None:
    colouring = human_colouring(session.dataset, COLOURS, {"J0001": "Star", "J0002": "Galaxy", "gone": "Star"})
    assert np.bincount(colouring.codes).tolist() == [1, 1, 398]
