"""Comments that a person wrote into a project file: those above the first key stay, of others it is said before."""

from __future__ import annotations

import pytest

from astronomical.config.comments import Comments, comments_of
from astronomical.config.io import parse_config, read_config, write_config
from astronomical.config.schema import LabelEvent
from astronomical.config.yaml_writer import ConfigTexts
from astronomical.session import Session
from tests.support.projects import answer, make_project

MINIMAL = "schema_version: 1\ncatalogue:\n  path: a.fits\n  id: {source: row}\n"
HEADER = "# Stars of field 7.\n#\n# Seeing 0.8 arcsec: see the log.\n\n"


@pytest.mark.parametrize(
    ("text", "header", "n"),
    [
        (MINIMAL, "", 0),
        (HEADER + MINIMAL, HEADER, 0),
        (MINIMAL + "# below\n", "", 1),
        (MINIMAL.replace("a.fits", "a.fits  # of 2024"), "", 1),
        (MINIMAL.replace("a.fits", "a#b.fits"), "", 0),
        (MINIMAL.replace("a.fits", "'a #b.fits'"), "", 0),
        (MINIMAL.replace("a.fits", '"a \\" #b.fits"'), "", 0),
        (MINIMAL.replace("a.fits", "'it''s #b.fits' # quoted"), "", 1),
        (MINIMAL.replace("a.fits", "it's.fits # an apostrophe"), "", 1),
        (MINIMAL.replace("a.fits", "it's.fits") + "# one\n# two\n", "", 2),
        (MINIMAL + "labels:\n  # the classes\n- {value: a, name: A, colour: '#0072B2'} # blue\n", "", 2),
        (MINIMAL + "project:\n  title: |\n    one\n    # no comment\n  doi: a # yes\n", "", 1),
        (MINIMAL + "project:\n  title: >-\n    # no comment\n\n    # neither\n  doi: a\n", "", 0),
        (MINIMAL + "project:\n  title: 'one\n    # no comment\n    two'\n  doi: a # yes\n", "", 1),
        (MINIMAL + 'project:\n  title: "one\n    # no comment\n    two" # yes\n', "", 1),
        ("\n\n" + MINIMAL, "", 0),
        ("", "", 0),
        ("---\n# after the start\n" + MINIMAL, "", 1),
        ("# a\r\n" + MINIMAL, "# a\r\n", 0),
    ],
)
def test_comments_are_found(text, header, n):
    found = comments_of(text)
    assert found.n_others == n
    assert found.header == header


def test_texts_that_a_project_writes_hold_no_comment():
    for text in ("a # b", "# a\n# b", " #\n #", "long " * 60 + "# end", "'# a\"", "it's # fine", '" # "', "x: # y"):
        event = LabelEvent(n=1, kind="note", id="S", label=text, who=text, when="", check="0" * 12)
        config = parse_config(MINIMAL).model_copy(update={"events": (event,)})
        project = config.project.model_copy(update={"title": text, "authors": (text,)})
        config = config.model_copy(update={"project": project})
        assert comments_of(ConfigTexts().yaml(config)) == Comments()


def test_the_header_is_kept_by_every_save_and_the_rest_is_announced_before(tmp_path):
    path, _ = make_project(tmp_path, n=120)
    text = path.read_text(encoding="utf-8").replace("features:\n", "features:  # ask Ada\n", 1)
    path.write_text(HEADER + text, encoding="utf-8")
    before = path.read_bytes()
    with Session.open(path) as session:
        (notice,) = [item.text for item in session.state.notices if "comment" in item.text]
        assert notice.startswith("project.yaml has a comment that will be lost when the project is saved")
        assert path.read_bytes() == before, "nothing was written yet"
        session.training.start("Star")
        answer(session)
        session.save()
        assert path.read_text(encoding="utf-8").startswith(HEADER)
        session.assign("Star", id=session.query("Star"))
        session.save()
    saved = path.read_text(encoding="utf-8")
    assert saved.startswith(HEADER)
    assert saved.count("# Stars of field 7.") == 1
    assert "ask Ada" not in saved
    read_config(path)
    with Session.open(path) as session:
        assert not [item for item in session.state.notices if "comment" in item.text]


def test_a_read_only_session_says_nothing_of_comments(tmp_path):
    path, _ = make_project(tmp_path, n=120)
    path.write_text(path.read_text(encoding="utf-8") + "# below\n", encoding="utf-8")
    with Session.open(path, read_only=True) as session:
        assert not [item for item in session.state.notices if "comment" in item.text]


def test_json_has_no_comments(tmp_path):
    path = tmp_path / "p.json"
    write_config(parse_config(MINIMAL), path)
    assert read_config(path).catalogue.path == "a.fits"
