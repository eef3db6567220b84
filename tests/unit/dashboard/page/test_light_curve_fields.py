"""The fields of light curves keep those of the project until the user chooses none."""

from __future__ import annotations

from pathlib import Path

from astronomical.config.light_curves import LightCurvesConfig
from astronomical.dashboard.page.light_curve_fields import LightCurveFields
from astronomical.session import Session
from tests.support.light_curves import make_variables_project


def test_building_the_fields_changes_nothing_and_choosing_none_removes_light_curves(tmp_path: Path) -> None:
    section = LightCurvesConfig(source="table", path="epochs.fits", id="name", time="mjd", value="mag")
    with Session.open(make_variables_project(tmp_path), look_ahead=False) as session:
        session.light_curves.declare(section)
        fields = LightCurveFields(session)
        assert session.light_curves.section == section
        fields.show()
        assert session.light_curves.section == section
        assert fields._source.value == "table"
        fields._source.value = ""
        assert session.light_curves.section is None
        fields.close()
