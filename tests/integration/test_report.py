"""The report: what it says, what it does not invent, and that its package stands alone."""

from __future__ import annotations

import json
import re
import zipfile
from urllib.parse import unquote

import numpy as np
import pytest
import yaml
from astropy.io.votable import parse
from astropy.io.votable.ucd import check_ucd

from astronomical.cli import main
from astronomical.config.io import read_config
from astronomical.config.schema import ExtensionConfig
from astronomical.session import Session
from astronomical.session.errors import SessionError
from astronomical.session.evaluation.reproduce import reproduce
from astronomical.session.export.report.pages import literal_markdown
from tests.support.projects import answer, label_until, make_project

FOREST = [ExtensionConfig(name="random_forest", parameters={"n_estimators": 10})]


@pytest.fixture
def session(tmp_path):
    path, _ = make_project(tmp_path, n=400, title="<b>Stars</b> & *more*")
    with Session.open(path, who="<i>ana</i>", look_ahead=False) as opened:
        opened.training.start("Star", models=FOREST)
        label_until(opened, "Star", 14)
        yield opened


def unzip(path, folder):
    with zipfile.ZipFile(path) as packed:
        packed.extractall(folder)
    return folder


def test_the_package_stands_alone_and_can_be_reproduced(session, tmp_path):
    session.labels.remark(session.state.focus, note="odd", tags=["blue"], flag=True)
    session.save()
    session.exports.report(tmp_path / "report.zip")
    folder = unzip(tmp_path / "report.zip", tmp_path / "elsewhere")
    (tmp_path / "catalogue.fits").unlink()
    assert reproduce(folder / "project.yaml").ok
    assert main(["reproduce", str(folder / "project.yaml")]) == 0
    assert read_config(folder / "project.yaml").catalogue.path == "catalogue/catalogue.fits"
    names = {item.relative_to(folder).as_posix() for item in folder.rglob("*") if item.is_file()}
    assert names >= {
        "CITATION.cff",
        "catalogue/catalogue.fits",
        "figures/class-1-learning-curve.png",
        "figures/class-1-learning-curve.svg",
        "labels.vot",
        "model.skops",
        "predictions.vot",
        "project.yaml",
        "references.bib",
        "remarks.vot",
        "report.html",
        "report.md",
        "ro-crate-metadata.json",
    }
    graph = json.loads((folder / "ro-crate-metadata.json").read_text())["@graph"]
    described = {unquote(item["@id"]) for item in graph if item["@type"] == "File"}
    assert described == names - {"ro-crate-metadata.json"}
    assert yaml.safe_load((folder / "CITATION.cff").read_text())["title"] == "<b>Stars</b> & *more*"
    fields = {field.name: field for field in parse(folder / "predictions.vot").get_first_table().fields}
    assert all(check_ucd(field.ucd, check_controlled_vocabulary=True) for field in fields.values())
    assert (fields["ra"].unit.to_string(), fields["p_Star"].ucd) == ("deg", "stat.probability")


def test_the_numbers_are_those_of_the_session_and_no_others(session, tmp_path):
    session.exports.report(tmp_path / "report", check=False)
    html = (tmp_path / "report" / "report.html").read_text()
    scores = session.round("Star").validation
    assert f"<td>{scores.accuracy:.3f}</td>" in html
    assert "Not measured: There is no audit yet." in html
    assert "Not measured: the recorded rounds were not trained again." in html
    assert "Not measured: no labels were reviewed." in html
    assert "The test results were opened 0 times." in html
    assert "Not measured: the scores of the newest round on the test set." in html
    predicted = int(np.count_nonzero(session.round("Star").proba > 0.5))
    found = re.search(r"Predicted for ([\d,]+) of 400 sources", html)
    assert found is not None
    assert int(found[1].replace(",", "")) >= predicted, "the round does not score the test set"


def test_texts_of_the_project_are_shown_literally(session, tmp_path):
    answer(session, "Star")
    session.exports.report(tmp_path / "report", check=False)
    html, text = ((tmp_path / "report" / f"report.{suffix}").read_text() for suffix in ("html", "md"))
    assert "&lt;b&gt;Stars&lt;/b&gt; &amp; *more*" in html
    assert "<b>Stars" not in html
    assert "<i>ana" not in html
    assert r"# \<b\>Stars\</b\> \& \*more\*" in text
    assert "<i>" not in text
    assert not re.search(r'(src|href)="(?!figures/)', html), "the page loads nothing from elsewhere"


def test_the_agreement_of_annotators_is_in_the_report(session, tmp_path):
    rows = ["id,label,who"]
    for who in ("ben", "<i>cleo</i>"):
        labelled = [event for event in session.ledger.given if event.who == "<i>ana</i>"]
        rows += [f"{event.id},{event.label if n else 'QSO'},{who}" for n, event in enumerate(labelled)]
    (tmp_path / "labels.csv").write_text("\n".join(rows))
    session.imports.record(session.imports.plan(tmp_path / "labels.csv"))
    session.exports.report(tmp_path / "report", check=False)
    html = (tmp_path / "report" / "report.html").read_text()
    found = session.agreement.report()
    pair = next(pair for pair in found.pairs if {pair.first, pair.second} == {"<i>ana</i>", "ben"})
    assert f"<td>{pair.kappa.n_same}</td>" in html
    assert f"<td>{pair.kappa.value:.2f}</td>" in html
    assert "Fleiss&#39; kappa" in html
    assert "1 source labelled differently, 1 of them undecided." in html
    assert "<i>cleo" not in html
    assert "Cohen1960" in (tmp_path / "report" / "references.bib").read_text()


def test_without_a_second_annotator_no_agreement_is_claimed(session, tmp_path):
    session.exports.report(tmp_path / "report", check=False)
    assert "Not measured: no source has labels of two annotators." in (tmp_path / "report" / "report.html").read_text()
    assert "Cohen1960" not in (tmp_path / "report" / "references.bib").read_text()


def test_a_line_of_markdown_is_literal():
    assert literal_markdown("1. a\n| b | <c> `d`") == r"1\. a \| b \| \<c\> \`d\`"


def test_without_a_catalogue_a_learner_or_a_check(session, tmp_path, capsys):
    path = session.path
    session.save()
    session.close()
    assert main(["report", str(path), "-o", str(tmp_path / "out"), "--without-catalogue", "--no-check"]) == 0
    assert "is not included" in capsys.readouterr().out
    project = tmp_path / "out" / "project.yaml"
    assert not (tmp_path / "out" / "catalogue").exists()
    assert main(["reproduce", str(project), "--catalogue", str(tmp_path / "catalogue.fits")]) == 0
    assert main(["report", str(path), "-o", str(tmp_path / "out")]) == 2
    assert "is not an empty folder" in capsys.readouterr().err
    new, _ = make_project(tmp_path, name="new.yaml", n=100)
    with Session.open(new, look_ahead=False) as untouched:
        with pytest.raises(SessionError, match="does not exist"):
            untouched.exports.report(tmp_path / "none" / "report.zip")
        untouched.exports.report(tmp_path / "new.zip")
    folder = unzip(tmp_path / "new.zip", tmp_path / "new")
    assert "No learner was started." in (folder / "report.html").read_text()
    assert not (folder / "predictions.vot").exists()


def test_rocrate_reads_the_package(session, tmp_path):
    rocrate = pytest.importorskip("rocrate.rocrate", reason="rocrate is not installed")
    session.exports.report(tmp_path / "report", check=False)
    crate = rocrate.ROCrate(tmp_path / "report")
    assert crate.root_dataset["name"] == "<b>Stars</b> & *more*"
    assert crate.dereference("predictions.vot") is not None
