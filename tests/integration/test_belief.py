"""Where scores may be believed: the flagged share, weighted scores, `cover`, the file, and the command line."""

from __future__ import annotations

import json

import numpy as np
import pytest
from astropy.table import Table

from astronomical.cli import main
from astronomical.config.io import read_config, write_config
from astronomical.config.schema import ExtensionConfig
from astronomical.session import Session
from astronomical.session.errors import SessionError
from astronomical.session.evaluation.belief import belief_lines
from astronomical.session.evaluation.reproduce import reproduce
from tests.support.faint import bright_only, faint_project
from tests.support.projects import FEW_TREES, label_until, make_project, start_small


def test_the_share_without_labels_is_flagged_and_cover_halves_it(tmp_path):
    path, galaxy = faint_project(tmp_path, 6000, bright_only)
    with Session.open(path, who="tester", look_ahead=False) as session:
        start_small(session, "Galaxy", 20)
        before = session.studies.belief("Galaxy")
        faint = session.dataset.catalogue.number("mag") >= 20
        assert before.n_unlike / before.n_catalogue == pytest.approx(faint.mean(), abs=0.03)
        assert np.mean(faint[before.unlike]) > 0.99
        assert before.covered == pytest.approx(1 - faint.mean(), abs=0.03)
        text = " ".join(belief_lines(before, "Galaxy"))
        assert "Scores for the whole catalogue: n/a, because" in text
        assert f"is unlike the {before.n_scored:,} scored sources" in text
        truth = np.isfinite(session.round("Galaxy").proba) & ~faint
        right = (session.round("Galaxy").proba > 0.5) == galaxy
        assert before.weighted["accuracy"].value == pytest.approx(right[truth].mean(), abs=0.02)

        session.training.start("Galaxy", models=[FEW_TREES], strategy=ExtensionConfig(name="cover"))
        for _ in range(30):
            id = session.query("Galaxy")
            session.assign("Galaxy" if galaxy[session.dataset.catalogue.row(id)] else "Star", id=id)
        after = session.studies.belief("Galaxy")
        assert after.n_unlike <= before.n_unlike / 2
        assert after.covered == pytest.approx(before.covered, abs=0.02), "a trained source is no scored one"


def test_weighted_accuracy_is_that_of_the_whole_catalogue_where_faint_sources_are_scored_too(tmp_path):
    path, galaxy = faint_project(
        tmp_path, 20_000, lambda mag, rng: rng.random(len(mag)) < np.clip(1.0 - 0.25 * (mag - 18), 0.15, 1.0)
    )
    with Session.open(path, who="tester", look_ahead=False) as session:
        start_small(session, "Galaxy", 60)
        found = session.studies.belief("Galaxy")
        round = session.round("Galaxy")
        scored = np.isfinite(round.proba)
        real = ((round.proba > 0.5) == galaxy)[scored].mean()
        assert found.n_unlike / found.n_catalogue < 0.02
        assert found.plain["accuracy"] > real + 0.03, "labels are known for the easy sources rather"
        assert found.weighted["accuracy"].value == pytest.approx(real, abs=0.02)
        assert found.weighted["accuracy"].n_effective < found.n_scored
        assert "Scores for the whole catalogue, from" in " ".join(belief_lines(found, "Galaxy"))


@pytest.fixture
def session(tmp_path):
    with Session.open(make_project(tmp_path, n=400)[0], who="tester", look_ahead=False) as opened:
        start_small(opened)
        label_until(opened, "Star", 8)
        yield opened


def test_it_is_recorded_and_reproduced_and_in_the_report(session, tmp_path):
    found = session.studies.belief("Star")
    assert not session.state.saved
    session.save()
    (result,) = read_config(session.path).results
    assert result.belief.n_unlike == found.n_unlike
    assert result.belief.n_effective == pytest.approx(found.weighted["accuracy"].n_effective, rel=1e-5)
    # An audit adds scored sources, but the record is about the events before it.
    session.audits.draw(3)
    for _ in range(3):
        session.assign("Star", id=session.state.focus)
    assert session.studies.belief("Star").n_scored == found.n_scored + 3
    session.save()
    assert reproduce(session.path).ok
    session.exports.report(tmp_path / "report")
    text = (tmp_path / "report" / "report.md").read_text().replace("\\", "")
    assert f"({session.studies.belief('Star').n_unlike:,} of 400 sources) is unlike" in text
    session.close()
    config = read_config(session.path)
    wrong = result.belief.model_copy(update={"n_unlike": 399, "covered": 0.5})
    result = config.results[0].model_copy(update={"belief": wrong})
    write_config(config.model_copy(update={"results": (result,)}), session.path)
    assert {item.kind for item in reproduce(session.path).differences} == {"belief, n_unlike", "belief, covered"}


def test_a_later_round_has_no_record_of_an_earlier_one(session):
    session.studies.belief("Star")
    label_until(session, "Star", 9)
    session.save()
    assert read_config(session.path).results[0].belief is None


def test_without_scored_sources_no_score_is_given(tmp_path):
    path, _ = make_project(tmp_path, label=None, label_names={"Star": "Star", "Galaxy": "Galaxy"})
    with Session.open(path, who="tester", look_ahead=False) as opened:
        start_small(opened, mode="label", n=2)
        with pytest.raises(SessionError, match="not trained yet"):
            opened.studies.belief("Star")
        for label in ("Star", "Galaxy"):
            opened.assign(label)
        found = opened.studies.belief("Star")
        assert (found.n_known, found.n_scored, found.covered) == (2, 0, 0)
        assert found.weighted["accuracy"].value is None
        assert belief_lines(found, "Star")[-1].startswith("No source is scored")


def test_the_likeness_is_a_column_of_exports_and_of_the_command_line(session, tmp_path, capsys):
    session.exports.export("predictions", tmp_path / "before.csv")
    assert "likeness_Star" not in Table.read(tmp_path / "before.csv").colnames
    found = session.studies.belief("Star")
    session.studies.start("belief", "Star")
    session.exports.export("predictions", tmp_path / "after.csv")
    table = Table.read(tmp_path / "after.csv")
    np.testing.assert_allclose(table["likeness_Star"], found.likeness, atol=1e-6)
    path = session.path
    session.close()
    out = tmp_path / "likeness.fits"
    assert main(["belief", str(path), "--class", "Star", "-o", str(out)]) == 0
    assert "of 400 sources) is unlike" in capsys.readouterr().out
    np.testing.assert_allclose(Table.read(out)["likeness_Star"], found.likeness, atol=1e-6)
    assert main(["belief", str(path), "--class", "Star", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["unlike"] == found.n_unlike
    assert main(["belief", str(path), "--class", "Star", "-o", str(out)]) == 2
    assert "--overwrite" in capsys.readouterr().err
