"""Labels of a table: what is recorded, by whom, what trains on them, and what the summary says before."""

from __future__ import annotations

import pytest
from astropy.table import Table

from astronomical.catalogue.errors import CatalogueError
from astronomical.cli.entry import main
from astronomical.labels.derived import is_by_user
from astronomical.session import Session
from astronomical.session.errors import SessionError
from astronomical.session.labelling.imports import import_lines
from tests.support.projects import label_until, make_project, start_small


@pytest.fixture
def project(tmp_path):
    path, _ = make_project(tmp_path, n=120)
    return path


def write_labels(path, rows, names=("id", "label", "who", "when"), **options):
    Table(rows=rows, names=names).write(path, overwrite=True, **options)
    return path


ROWS = [
    ("S00003", "star", "ben", "2026-01-02T10:00:00+00:00"),
    ("S00004", "galaxies", "ben", "2026-01-02T10:01:00+00:00"),
    ("S00005", "2", "eva", "yesterday"),
    ("S00003", "galaxies", "eva", "2026-01-01T10:00:00"),
    ("S00006", "junk", "eva", ""),
    ("S99999", "star", "eva", ""),
    ("S00007", "", "eva", ""),
    ("S00008", "star", "catalogue", ""),
    ("S00004", "star", "ben", "2026-01-01T09:00:00+00:00"),
]


@pytest.mark.parametrize("name", ["labels.csv", "labels.fits", "labels.ecsv", "labels.parquet"])
def test_labels_of_any_format_are_recorded_with_annotator_and_time(project, name):
    table = write_labels(project.with_name(name), ROWS)
    with Session.open(project, who="ana", look_ahead=False) as session:
        plan = session.imports.plan(table, classes={"galaxies": "Galaxy"})
        assert plan.table.unmapped == ("junk",)
        with pytest.raises(SessionError, match="'junk'"):
            session.imports.record(plan)
        assert len(session.ledger) == 0
        plan = session.imports.plan(table, classes={"galaxies": "Galaxy", "junk": ""})
        said = "\n".join(import_lines(plan))
        session.imports.record(plan)
        # The last label of a source counts: ben labelled S00003 after eva.
        assert dict(session.ledger.human_labels) == {"S00003": "Star", "S00004": "Galaxy", "S00005": "QSO"}
        events = [event for event in session.ledger.events if event.id == "S00003"]
        assert [(event.who, event.label, event.when, event.origin) for event in events] == [
            ("eva", "Galaxy", "2026-01-01T10:00:00+00:00", "import"),
            ("ben", "Star", "2026-01-02T10:00:00+00:00", "import"),
        ]
        assert all(is_by_user(event) for event in session.ledger.events)
        # A second import finds nothing new.
        again = session.imports.plan(table, classes={"galaxies": "Galaxy", "junk": ""})
        assert (again.labels, again.n_there) == ((), 4)
        session.undo()
        assert not session.ledger.human_labels
    for text in (
        "9 rows, 4 labels to import",
        "By ben: Galaxy 1, Star 1",
        "By eva: Galaxy 1, QSO 1",
        "1 ids are not in the catalogue: S99999",
        "1 without an id or a known label, 1 ignored, 1 of the catalogue, 1 replaced",
        "cannot be read",
    ):
        assert text in said


def test_only_chosen_learners_train_on_imported_labels(project):
    with Session.open(project, who="ana", look_ahead=False) as session:
        start_small(session)
        label_until(session, "Star", 6)
        before = session.round("Star").key
        trained = session.training.targets("Star")
        inside = session.dataset.catalogue.ids_at(session.dataset.split.training.nonzero()[0])
        free = [id for id in inside if id not in trained][:4]
        table = write_labels(project.with_name("t.csv"), [(id, "Star") for id in free], ("id", "label"))
        plan = session.imports.plan(table)
        session.imports.record(plan)
        assert {event.who for event in session.ledger.events if event.origin == "import"} == {"ana"}
        assert session.round("Star").key == before
        session.undo()
        plan = session.imports.plan(table, train=["Star"])
        assert plan.n_trained == {"Star": 4}
        session.imports.record(plan)
        assert session.round("Star").key != before
        assert set(free) <= set(session.training.targets("Star"))


def test_mistakes_are_explained_and_nothing_is_recorded(project, tmp_path):
    table = write_labels(tmp_path / "t.csv", [("S00001", "Star")], ("object", "kind"))
    with Session.open(project, look_ahead=False) as session:
        for given, said in (
            ({}, "Which column of t.csv has the id"),
            ({"columns": {"id": "objekt", "label": "kind"}}, "no column 'objekt'; did you mean 'object'"),
            ({"columns": {"id": "object", "label": "kind"}, "classes": {"Star": "Stra"}}, "did you mean 'Star'"),
            ({"columns": {"id": "object", "label": "kind"}, "train": ["Quasar"]}, "Quasar"),
        ):
            with pytest.raises(SessionError, match=said):
                session.imports.plan(table, **given)
        with pytest.raises(CatalogueError, match="no file"):
            session.imports.plan(tmp_path / "absent.csv")
        assert len(session.ledger) == 0


def test_the_command_prints_a_summary_and_records(project, tmp_path, capsys):
    table = write_labels(tmp_path / "t.csv", ROWS)
    words = ["import-labels", str(project), str(table), "--class", "galaxies=Galaxy"]
    assert main(words) == 2
    assert (
        "Nothing was recorded. Say which classes these labels mean, or ignore them: 'junk'" in capsys.readouterr().err
    )
    assert main([*words, "--ignore", "junk", "--dry-run"]) == 0
    assert main([*words, "--ignore", "junk"]) == 0
    assert "4 labels recorded" in capsys.readouterr().out
    with Session.open(project, look_ahead=False) as session:
        assert session.ledger.human("S00004") == "Galaxy"


def test_exported_labels_can_be_imported_into_another_project(project, tmp_path):
    with Session.open(project, who="ana", look_ahead=False) as session:
        start_small(session)
        label_until(session, "Star", 8)
        session.exports.export("labels", tmp_path / "labels.fits")
        mine = dict(session.ledger.human_labels)
    (tmp_path / "other").mkdir()
    other, _ = make_project(tmp_path / "other", n=120)
    with Session.open(other, who="eva", look_ahead=False) as session:
        session.imports.record(session.imports.plan(tmp_path / "labels.fits"))
        assert dict(session.ledger.human_labels) == mine
        assert {event.who for event in session.ledger.events} == {"ana"}
