"""Subsets of a project: what they contain, what they refuse, and that they are kept."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest
from astropy.table import Table

from astronomical.config.io import read_config, write_config
from astronomical.config.schema import LassoConfig, SubsetConfig
from astronomical.session import Session
from astronomical.session.errors import ReadOnlyError, SessionError
from astronomical.session.project.validate import validate
from tests.support.projects import make_project

SQUARE = ((17.0, 16.0), (19.0, 16.0), (19.0, 19.0), (17.0, 19.0))


@pytest.fixture(scope="module")
def template(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("subsets")
    make_project(folder, n=150)
    return folder


@pytest.fixture
def path(template: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(template, tmp_path / "work")) / "project.yaml"


@pytest.fixture
def session(path: Path):
    with Session.open(path, who="tester") as opened:
        yield opened


def selected(session: Session, name: str) -> set[str]:
    session.subsets.select(name)
    return set(session.state.selection)


def column(session: Session, name: str) -> np.ndarray:
    return session.dataset.catalogue.number(name)


def ids_where(session: Session, mask: np.ndarray) -> set[str]:
    return set(session.dataset.catalogue.ids_at(np.flatnonzero(mask)))


def test_subsets_combine_and_are_kept(session, path):
    g, r = column(session, "g"), column(session, "r")
    some = session.dataset.catalogue.ids_at([3, 5, 8])
    session.subsets.save("bright", condition="g < 18.5")
    session.subsets.save("chosen few", ids=some)
    session.subsets.save("window", lasso=LassoConfig(x="g", y="r", points=SQUARE))
    session.subsets.save("all", condition='(subset(bright) or subset("chosen few")) and not subset(window)')
    inside = (g > 17) & (g < 19) & (r > 16) & (r < 19)
    expected = (ids_where(session, g < 18.5) | set(some)) - ids_where(session, inside)
    assert selected(session, "all") == expected
    assert expected, "an empty subset proves nothing"
    session.close()
    with Session.open(path) as again:
        assert again.subsets.names == ("bright", "chosen few", "window", "all")
        assert selected(again, "all") == expected


def test_tags_notes_and_flags_are_followed(session):
    first, second, third = session.dataset.catalogue.ids_at([0, 1, 2])
    session.subsets.save("merging", condition='tag("merger") or flagged()')
    assert selected(session, "merging") == set()
    session.labels.remark(first, tags=["merger"])
    session.labels.remark(second, tags=["other"], note="A long Tail")
    session.labels.remark(third, flag=True)
    assert selected(session, "merging") == {first, third}
    session.labels.remark(first, tags=[])
    assert selected(session, "merging") == {third}
    assert session.subsets.count("note(tail)") == session.subsets.count("tag() and note()") == 1


def test_a_lasso_replays_on_another_catalogue(session, path, tmp_path):
    session.subsets.save(
        "window", lasso=LassoConfig(x="u-g", y='log10("g")', points=((-9, 1.2), (9, 1.2), (9, 1.28), (-9, 1.28)))
    )
    before = selected(session, "window")
    session.close()
    table = Table.read(path.parent / "catalogue.fits")
    table = table[::-1][:80]
    table.write(path.parent / "catalogue.fits", overwrite=True)
    with Session.open(path, accept_changes=True) as again:
        there = {str(name) for name in table["name"]}
        assert selected(again, "window") == before & there
        assert before & there


def test_a_lasso_in_positions(session):
    ra, dec = session.dataset.catalogue.position
    corners = ((0, -50), (180, -50), (180, 50), (0, 50))
    session.subsets.save("half", lasso=LassoConfig(x="ra()", y="dec()", points=corners))
    assert selected(session, "half") == ids_where(session, (ra < 180) & (np.abs(dec) < 50))


@pytest.mark.parametrize(
    ("definition", "message"),
    [
        ({"condition": "gg < 3"}, "Subset 'new': Character 1: there is no column 'gg'"),
        ({"condition": "subset(brigt)"}, "There is no subset 'brigt'; did you mean 'bright'"),
        ({"condition": "subset(new) or g < 3"}, "depends on itself: new → new"),
        ({"condition": "subset()"}, r"write subset\(name\)"),
        ({"condition": ""}, "The subset is not valid"),
        ({"condition": "g <"}, "expected a number"),
        ({"ids": ()}, "No sources are selected"),
        ({"ids": ("nobody",)}, "Source 'nobody' is not in the catalogue"),
        ({"condition": "g < 1", "ids": ("a",)}, "exactly one"),
        ({}, "exactly one"),
        ({"lasso": LassoConfig(x="q", y="g", points=SQUARE)}, "There is no numeric column 'q'"),
        ({"lasso": LassoConfig(x="g +", y="g", points=SQUARE)}, "expected a number"),
    ],
)
def test_a_wrong_definition_is_refused_and_changes_nothing(session, definition, message):
    session.subsets.save("bright", condition="g < 18")
    with pytest.raises(SessionError, match=message):
        session.subsets.save("new", **definition)
    assert session.subsets.names == ("bright",)


def test_a_cycle_is_refused_when_a_subset_is_replaced(session):
    session.subsets.save("a", condition="g < 18")
    session.subsets.save("b", condition="subset(a) and r < 18")
    with pytest.raises(SessionError, match="already a subset 'a'"):
        session.subsets.save("a", condition="subset(b)")
    with pytest.raises(SessionError, match="depends on itself: a → b → a"):
        session.subsets.save("a", condition="subset(b)", replace=True)
    with pytest.raises(SessionError, match="used by the subset 'b'"):
        session.subsets.remove("a")
    session.subsets.save("a", condition="g < 10", replace=True)
    assert selected(session, "b") == set()
    session.subsets.remove("b")
    session.subsets.remove("a")
    assert session.subsets.names == ()
    with pytest.raises(SessionError, match="There is no subset 'a'"):
        session.subsets.select("a")


def test_a_project_with_broken_subsets_opens_and_says_which(session, path):
    session.close()
    config = read_config(path)
    broken = (
        SubsetConfig(name="gone", condition="z_gone < 3"),
        SubsetConfig(name="a", condition="subset(b)"),
        SubsetConfig(name="b", condition="subset(a)"),
        SubsetConfig(name="fine", condition="g < 18"),
    )
    write_config(config.model_copy(update={"subsets": broken}), path)
    problems = validate(path)
    assert [(item.path, item.value) for item in problems] == [
        ("subsets.0", "gone"),
        ("subsets.1", "a"),
        ("subsets.2", "b"),
    ]
    with Session.open(path) as again:
        with pytest.raises(SessionError, match=r"Subset 'gone': .*no column 'z_gone'"):
            again.subsets.select("gone")
        with pytest.raises(SessionError, match="depends on itself: a → b → a"):
            again.subsets.mask("a")
        assert selected(again, "fine")
        again.subsets.remove("a")


def test_two_subsets_cannot_have_one_name(path):
    config = read_config(path)
    twice = (SubsetConfig(name="a", condition="g < 18"), SubsetConfig(name="a", condition="g < 19"))
    write_config(config.model_copy(update={"subsets": twice}), path)
    with pytest.raises(ValueError, match="two subsets are named 'a'"):
        read_config(path)


def test_a_page_that_only_reads_cannot_change_subsets(session):
    def refuse() -> None:
        raise ReadOnlyError("read only")

    reader = session.with_access(refuse)
    session.subsets.save("bright", condition="g < 18")
    for action in (
        lambda: reader.subsets.save("other", condition="g < 18"),
        lambda: reader.subsets.remove("bright"),
        lambda: reader.subsets.select("bright"),
    ):
        with pytest.raises(ReadOnlyError):
            action()
    assert reader.subsets.mask("bright").any()


def test_without_subsets_the_file_does_not_mention_them(session, path):
    session.save()
    assert "subsets" not in path.read_text()
