from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from astronomical.config.class_keys import digit_of, label_keys
from astronomical.config.schema import CatalogueConfig, Config, IdConfig, LabelConfig

SECTION = CatalogueConfig(path="a.fits", id=IdConfig(source="row"))


def config_of(n: int, **keys: str) -> Config:
    labels = tuple(LabelConfig(value=f"c{i}", name=f"c{i}") for i in range(n))
    return Config(catalogue=SECTION, labels=labels, keys=keys)


def test_classes_have_digits_in_their_order_unless_another_key_was_chosen():
    assert config_of(3).label_keys == {"c0": "1", "c1": "2", "c2": "3"}
    assert config_of(3, c2="1").label_keys == {"c1": "2", "c2": "1"}
    assert config_of(11, c10="x").label_keys["c10"] == "x"
    assert "c9" not in config_of(11).label_keys


@pytest.mark.parametrize("keys", [{"c0": "z"}, {"c0": "a", "c1": "a"}, {"c9": "a"}, {"c0": "ab"}, {"c0": "A"}])
def test_impossible_keys_are_refused(keys):
    with pytest.raises(ValidationError):
        config_of(2, **keys)


@pytest.mark.parametrize(
    ("names", "keys"),
    [
        (["0", "1"], {"0": "0", "1": "1"}),
        (["1", "0"], {"0": "0", "1": "1"}),
        (["0.0", "1.0"], {"0.0": "0", "1.0": "1"}),
        (["Other", "1", "2"], {"Other": "3", "1": "1", "2": "2"}),
        (["10", "1", "Star"], {"10": "2", "1": "1", "Star": "3"}),
        (["1", "1.0"], {"1": "1"}),
        (["-1", "nan", "inf"], {"-1": "1", "nan": "2", "inf": "3"}),
    ],
)
def test_a_class_that_is_called_by_a_digit_has_this_digit(names, keys):
    assert label_keys(names, {}) == keys


@given(st.lists(st.text("0123456789.ab", min_size=1, max_size=3), unique=True, max_size=12))
def test_no_class_has_the_digit_that_another_one_is_called(names):
    keys = label_keys(names, {})
    assert len(set(keys.values())) == len(keys)
    for name, key in keys.items():
        assert digit_of(name) in ("", key)
        assert name == key or key not in names


def test_unsure_leaves_the_zero_to_a_class():
    assert config_of(2).unsure_keys == ("0", "u")
    assert config_of(2, c0="0").unsure_keys == ("u",)
