"""Known classes of sources: types become classes, disagreement is unknown, and the file can be joined."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from astronomical.catalogue.errors import CatalogueError
from astronomical.catalogue.readers import open_table
from astronomical.errors import InvalidInputError
from astronomical.services.archives.xmatch import TypeMatches
from astronomical.session.data.origin import origin_of_table
from astronomical.setup.class_types import class_of_types, read_types, write_types
from astronomical.setup.known_classes import (
    ClassMatches,
    Positions,
    label_sources,
    read_positions,
    write_known_classes,
)

CLASSES = {("simbad", "QSO"): "QSO", ("simbad", "*"): "Star", ("gaia", "AGN"): "QSO", ("simbad", "X"): ""}


def matches(*found: tuple[int, str, float]) -> TypeMatches:
    rows, types, distances = zip(*found, strict=True) if found else ((), (), ())
    return TypeMatches(np.array(rows, int), np.array(types, str), np.array(distances, float), "ab")


def test_the_nearest_match_with_a_class_gives_the_class() -> None:
    made = label_sources(
        3, {"simbad": matches((0, "X", 0.1), (0, "QSO", 0.7), (0, "QSO", 0.4), (2, "X", 0.2))}, CLASSES
    )
    assert made.labels.tolist() == ["QSO", "", ""]
    assert made.types.tolist() == ["SIMBAD QSO", "", "SIMBAD X"]
    np.testing.assert_array_equal(made.distances, [0.4, np.nan, 0.2])
    assert not made.conflicts.any()
    assert made.summary == ("3 sources, 2 with a match; classes: QSO 1; 0 unknown because their matches disagree.")


def test_matches_that_disagree_make_the_class_unknown_and_are_counted() -> None:
    found = {"simbad": matches((0, "*", 0.1), (1, "QSO", 0.3)), "gaia": matches((0, "AGN", 0.2), (1, "AGN", 0.1))}
    made = label_sources(2, found, CLASSES)
    assert made.labels.tolist() == ["", "QSO"]
    assert made.conflicts.tolist() == [True, False]
    assert made.types.tolist() == ["Gaia DR3 variables AGN / SIMBAD *", "Gaia DR3 variables AGN"]
    assert "1 unknown because their matches disagree" in made.summary


@given(
    st.lists(st.tuples(st.integers(0, 4), st.sampled_from(["QSO", "*", "X"]), st.floats(0, 1)), max_size=20),
    st.randoms(),
)
def test_classes_follow_from_all_matches_in_any_order(found: list[tuple[int, str, float]], random: object) -> None:
    made = label_sources(5, {"simbad": matches(*found)}, CLASSES)
    for row in range(5):
        classes = {CLASSES["simbad", type_] for at, type_, _ in found if at == row} - {""}
        assert made.labels[row] == (classes.pop() if len(classes) == 1 else "")
        assert made.conflicts[row] == (len(classes) > 1)
    shuffled = sorted(found, key=lambda _: random.random())  # type: ignore[attr-defined]
    np.testing.assert_array_equal(label_sources(5, {"simbad": matches(*shuffled)}, CLASSES).labels, made.labels)


def test_the_file_has_the_ids_the_classes_and_where_they_come_from(tmp_path: Path) -> None:
    positions = Positions(np.zeros(3), np.zeros(3), "name", np.array(["a", "b", "c"]))
    found = ClassMatches({"simbad": matches((1, "QSO", 0.5))}, {("simbad", "QSO"): 1}, 1.5, "https://x/y", "2026-01-01")
    write_known_classes(tmp_path / "k.parquet", positions, found, CLASSES)
    source = open_table(tmp_path / "k.parquet")
    assert [column.name for column in source.columns] == [
        "name",
        "known_class",
        "known_class_type",
        "known_class_distance",
    ]
    assert source.read(["known_class"])["known_class"].tolist() == ["", "QSO", ""]
    assert source.info("known_class_distance").unit == "arcsec"
    origin = origin_of_table(tmp_path / "k.parquet")
    assert origin is not None
    assert (origin.service, origin.query) == ("https://x/y", "X-Match with simbad within 1.5 arcsec")
    with pytest.raises(InvalidInputError, match="cannot be written: File exists"):
        write_known_classes(tmp_path / "k.parquet", positions, found, CLASSES)


def test_positions_are_read_in_the_order_of_the_file(tmp_path: Path) -> None:
    path = tmp_path / "c.csv"
    path.write_text("name,ra,dec,n\nb,10:00:00,-5,1\na,20:00:00,5,1\n")
    found = read_positions(path, id_column="name")
    assert found.ra_deg.tolist() == [150.0, 300.0]
    assert found.ids is not None
    assert found.ids.tolist() == ["b", "a"]
    with pytest.raises(CatalogueError, match="'n' are not unique"):
        read_positions(path, id_column="n")
    path.write_text("name,x\na,1\n")
    with pytest.raises(CatalogueError, match="no columns of positions"):
        read_positions(path)
    path.write_text("ra,dec\n1.5,2\n2.5,3\n")
    with pytest.raises(CatalogueError, match="unit of 'ra' is not known"):
        read_positions(path)
    assert read_positions(path, unit="hourangle").ra_deg.tolist() == [22.5, 37.5]


def test_a_table_of_types_is_written_edited_and_read(tmp_path: Path) -> None:
    path = tmp_path / "types.csv"
    classes = class_of_types([("simbad", "RR*"), ("simbad", "X")], "variables")
    assert classes == {("simbad", "RR*"): "RR Lyrae", ("simbad", "X"): ""}
    write_types(path, classes)
    assert path.read_text() == "catalogue,type,class\nsimbad,RR*,RR Lyrae\nsimbad,X,\n"
    path.write_text(path.read_text().replace("X,", "X,X-ray source") + "\n")
    assert class_of_types(classes, "kinds", read_types(path))["simbad", "X"] == "X-ray source"


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("type,class\n", "first line of .* must be catalogue,type,class"),
        ("catalogue,type,class\nned,G,Galaxy\n", "line 2: write a catalogue"),
        ("catalogue,type,class\nsimbad,G\n", "line 2"),
    ],
)
def test_a_wrong_table_of_types_is_refused(tmp_path: Path, content: str, message: str) -> None:
    path = tmp_path / "types.csv"
    path.write_text(content)
    with pytest.raises(InvalidInputError, match=message):
        read_types(path)
    with pytest.raises(InvalidInputError, match="cannot be read: No such file"):
        read_types(tmp_path / "none.csv")
