"""Light curves of a project: declared, shown, and described by features that models and plots use."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest

from astronomical.catalogue.light_curves.guesses import guess_period
from astronomical.config.io import read_config
from astronomical.config.light_curves import LightCurvesConfig
from astronomical.extend import light_curve_feature
from astronomical.session import Session
from astronomical.session.errors import ReadOnlyError, SessionError
from astronomical.session.evaluation.reproduce import reproduce
from astronomical.session.project.new import ProjectOptions, new_project
from astronomical.session.project.validate import validate
from tests.support.large import write_hats, write_parts
from tests.support.light_curves import make_variables_project
from tests.support.plugin_files import write_plugin
from tests.support.projects import label_until, start_small

TABLE: dict[str, Any] = {"time": "mjd", "value": "mag", "error": "magerr", "band": "band", "time_scale": "mjd"}


@pytest.fixture
def project(tmp_path: Path) -> Path:
    return make_variables_project(tmp_path)


def table(**changes: Any) -> LightCurvesConfig:
    given = {"path": "epochs.fits", "id": "name", "period": "period", **TABLE, **changes}
    return LightCurvesConfig(source="table", **given)


def test_light_curves_of_a_table_are_declared_and_shown(project: Path) -> None:
    with Session.open(project, look_ahead=False) as session:
        with pytest.raises(SessionError, match="The project has no light curves"):
            session.light_curves.curve("V0000")
        found = session.light_curves.inspect("table", str(project.with_name("epochs.fits")))
        assert (found.guess.time, found.guess.value, found.times.scale) == ("mjd", "mag", "mjd")
        assert not session.light_curves.in_memory
        assert session.light_curves.check(table()) == "2,400 epochs of 60 sources in g, r."
        session.light_curves.declare(table())
        assert session.light_curves.in_memory, "they were read to be checked"
        curve = session.light_curves.curve("V0002")
        assert curve is not None
        assert len(curve.time) == 40
        period = session.light_curves.period("V0002")
        assert period is not None
        assert session.light_curves.find_period("V0002")[0] == pytest.approx(period, rel=1e-3)
        assert session.light_curves.period("V0001") is None, "constant stars have no period"
    assert read_config(project).catalogue.light_curves == table()
    assert validate(project) == []


def test_lists_of_the_catalogue_and_files_of_the_sources_give_the_same_light_curves(tmp_path: Path) -> None:
    project = make_variables_project(tmp_path, lists=True)
    files = LightCurvesConfig(source="files", files="file", **TABLE)
    with Session.open(project, look_ahead=False) as session:
        session.light_curves.declare(table())
        expected = session.light_curves.curve("V0001")
        for section in (LightCurvesConfig(source="lists", **TABLE), files):
            assert "epochs" in session.light_curves.check(section)
            session.light_curves.declare(section)
            found = session.light_curves.curve("V0001")
            assert found is not None
            assert expected is not None
            np.testing.assert_array_equal(found.time, expected.time)
            np.testing.assert_allclose(found.value, expected.value, rtol=1e-6)
        with pytest.raises(SessionError, match="no such file"):
            session.light_curves.curve("V0007")
        session.light_curves.make_features()
        values = session.dataset.catalogue.number("lc_n_g")
        assert values[:3].tolist() == [20, 20, 0], "a file that is missing counts as empty"


@pytest.mark.parametrize("form", ["parts", "hats"])
@pytest.mark.parametrize("working_set", [None, 25])
def test_lists_in_several_files_give_the_same_light_curves(tmp_path: Path, form: str, working_set: int | None) -> None:
    whole = make_variables_project(tmp_path, lists=True)
    rows = pq.read_table(tmp_path / "stars.parquet")
    folder = write_parts(rows, tmp_path / "parts", 3) if form == "parts" else write_hats(rows, tmp_path / "hats")
    options = ProjectOptions(catalogue=folder, id="name", label="label", features=("ra",), working_set=working_set)
    split = tmp_path / "split.yaml"
    new_project(options, split)
    section = LightCurvesConfig(source="lists", **TABLE)
    with Session.open(whole, look_ahead=False) as one, Session.open(split, look_ahead=False) as several:
        assert several.light_curves.inspect("lists").guess.time == "mjd"
        for session in (one, several):
            session.light_curves.declare(section)
        ids = several.dataset.catalogue.ids_at(range(several.dataset.catalogue.n_rows))
        assert len(ids) == (working_set or len(rows))
        for id in ids:
            expected, found = one.light_curves.curve(id), several.light_curves.curve(id)
            assert expected is not None
            assert found is not None
            np.testing.assert_array_equal(found.time, expected.time)
            np.testing.assert_array_equal(found.value, expected.value)
            assert [found.bands[k] for k in found.band] == [expected.bands[k] for k in expected.band]


def test_features_are_columns_for_models_and_are_recorded(project: Path) -> None:
    with Session.open(project, look_ahead=False) as session:
        session.light_curves.declare(table())
        assert session.light_curves.features_text() == "There are no features of light curves yet."
        session.light_curves.make_features(periods=True, use=True)
        assert [notice.level for notice in session.state.notices] == ["success"]
        names = session.state.config.features.columns
        assert {"ra", "lc_std_g", "lc_g_minus_r", "lc_period"} <= set(names)
        assert "lc_n_g" not in names
        pulsates = session.dataset.catalogue.text("label") == "RRL"
        std = session.dataset.catalogue.number("lc_std_g")
        assert std[pulsates].min() > 5 * std[~pulsates].max()
        found = session.dataset.catalogue.number("lc_period")[pulsates]
        ratio = found / session.dataset.catalogue.number("period")[pulsates]
        assert np.mean(np.abs(ratio - 1) < 2e-3) > 0.9, "few epochs have aliases"
        start_small(session, "RRL")
        label_until(session, "RRL", 8)
        newest = session.round("RRL")
        assert newest is not None
        assert newest.validation is not None
        session.light_curves.make_features(periods=True)  # the same again
        assert session.light_curves.features_text().startswith("project.light_curves.parquet has")
    assert "lc_std_g" in pq.read_schema(project.with_name("project.light_curves.parquet")).names
    assert validate(project) == []
    assert reproduce(project).ok


def test_features_of_other_light_curves_are_noticed(project: Path) -> None:
    with Session.open(project, look_ahead=False) as session:
        session.light_curves.declare(table())
        session.light_curves.make_features(use=True)
        session.light_curves.declare(table(band=None))
        assert session.light_curves.features_text().endswith("changed since. Compute them again.")
        session.light_curves.make_features()
        assert "is in use, but these light curves do not give it" in session.state.notices[-1].text
        assert "lc_std_g" in session.dataset.catalogue.numeric_columns, "the old ones are kept"


def test_a_plugin_describes_light_curves(project: Path, tmp_path: Path) -> None:
    plugin = write_plugin(tmp_path, PLUGIN)
    with Session.open(project, look_ahead=False, plugins=[plugin], trust_plugins=True) as session:
        session.light_curves.declare(table())
        session.light_curves.make_features()
        catalogue = session.dataset.catalogue
        np.testing.assert_allclose(catalogue.number("lc_range_g"), 2 * catalogue.number("lc_amplitude_g"), rtol=1e-6)


PLUGIN = '''
from astronomical.extend import light_curve_feature

@light_curve_feature("range")
def value_range(time, value, error):
    """Largest minus smallest value."""
    return value.max() - value.min()
'''


def test_a_plugin_that_fails_is_named(project: Path, tmp_path: Path) -> None:
    plugin = write_plugin(tmp_path, PLUGIN.replace("value.max()", "value.maximum()"))
    with Session.open(project, look_ahead=False, plugins=[plugin], trust_plugins=True) as session:
        session.light_curves.declare(table())
        session.light_curves.make_features()
        assert "The feature 'range' of a plugin failed (AttributeError" in session.state.notices[-1].text


def test_wrong_light_curves_are_refused_with_a_reason(project: Path) -> None:
    with Session.open(project, look_ahead=False) as session:
        for section, message in (
            (table(path="nothing.fits"), "There is no file"),
            (table(period="perioD"), "no column 'perioD' for periods; did you mean 'period'?"),
            (table(period="label"), "its values are not numbers"),
            (table(id="mag"), "No value of 'mag' in epochs.fits is the id of a source"),
            (LightCurvesConfig(source="lists", **TABLE), "stars.fits is not a Parquet file"),
        ):
            with pytest.raises(ValueError, match=message.replace("?", r"\?")):
                session.light_curves.check(section)
    with Session.open(project, read_only=True, look_ahead=False) as session, pytest.raises(ReadOnlyError):
        session.light_curves.declare(table())


def test_a_copy_of_the_project_finds_its_light_curves(project: Path, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    with Session.open(project, look_ahead=False) as session:
        session.light_curves.declare(table())
        copy = session.save(tmp_path / "elsewhere" / "copy.yaml")
    with Session.open(copy, look_ahead=False) as session:
        assert session.light_curves.curve("V0000") is not None


def test_the_decorator_describes_the_feature() -> None:
    marked = light_curve_feature("nothing", help="Nothing.")(lambda time, value, error: 0.0)
    assert marked(None, None, None) == 0.0


@pytest.mark.catalogues
def test_a_catalogue_of_variables_opens_without_light_curves(tmp_path: Path, shared: Path) -> None:
    options = ProjectOptions(
        catalogue=shared / "loaders" / "RRLyrae.fit", id="__SIG2010_", label="Type", features=("gAmp", "rAmp")
    )
    path = tmp_path / "rr.yaml"
    new_project(options, path)
    with Session.open(path, look_ahead=False) as session:
        assert guess_period(session.dataset.catalogue.columns) == "Per"
        section = LightCurvesConfig(source="lists", time="t", value="m")
        with pytest.raises(SessionError, match=r"RRLyrae.fit is not a Parquet file"):
            session.light_curves.check(section)
