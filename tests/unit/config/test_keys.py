from __future__ import annotations

import pytest
from pydantic import ValidationError

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


@pytest.mark.parametrize("keys", [{"c0": "z"}, {"c0": "0"}, {"c0": "a", "c1": "a"}, {"c9": "a"}, {"c0": "ab"},
                                  {"c0": "A"}])
def test_impossible_keys_are_refused(keys):
    with pytest.raises(ValidationError):
        config_of(2, **keys)
