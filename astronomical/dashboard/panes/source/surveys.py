"""Dialog to choose the surveys."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, ClassVar, get_args

import param
from panel.custom import JSComponent
from pydantic import ValidationError

from astronomical.config.errors import first_problem
from astronomical.config.services import LookConfig, SurveyConfig
from astronomical.dashboard.ui.dialog import Dialog
from astronomical.dashboard.ui.styles import BASE_STYLE, PLAIN_DIALOG
from astronomical.errors import InvalidInputError, explain
from astronomical.session import Session

__all__ = ["SurveyDialog"]

#: Whether surveys of a kind send FITS: if it is requested, or depending on their address.
_FITS = {"sdss": "no", "template": "any"} | dict.fromkeys(("first", "legacy", "panstarrs", "unwise", "hips"), "ask")
_LOOKS: tuple[tuple[str, str, dict[str, str]], ...] = (
    ("stretch", "Stretch", {}),
    ("interval", "Range", {"percentile": "0.5 to 99.5 %", "minmax": "min to max"}),
    ("colour_map", "Colour map", {"gray_r": "gray, inverted"}),
)
_ABOUT = {
    "sdss": "optical, DR18",
    "first": "radio, 1.4 GHz",
    "legacy": "Legacy Surveys, optical: grz",
    "panstarrs": "optical: g, r, i",
    "unwise": "mid-infrared: W1, W2",
    "hips": "HiPS",
    "template": "own address",
}
#: Surveys that can be selected without typing.
_OFFERED = (
    SurveyConfig(name="SDSS", kind="sdss"),
    SurveyConfig(name="FIRST", kind="first"),
    SurveyConfig(name="Legacy", kind="legacy"),
    SurveyConfig(name="Pan-STARRS", kind="panstarrs"),
    SurveyConfig(name="unWISE", kind="unwise"),
    SurveyConfig(name="DSS2", kind="hips", layer="CDS/P/DSS2/color"),
    SurveyConfig(name="2MASS", kind="hips", layer="CDS/P/2MASS/color"),
)


class SurveyForm(JSComponent):
    """List of surveys with check boxes and an order, and fields to add other surveys.

    Parameters
    ----------
    on_event
        Called with ``apply`` and the selected surveys, as plain values, or with ``close``.
    """

    shown = param.Dict(
        default={"n": 0, "rows": [], "looks": [], "fits": {}, "plain": {}},
        doc="""
        Each survey, its description, and whether it is selected; the settings for FITS, the kinds that have them, and
        their defaults; `n` distinguishes equal lists.""",
    )
    problem = param.Dict(default={"text": ""}, doc="Problem with the typed text.")

    _esm = Path(__file__).with_name("surveys.js")
    _stylesheets: ClassVar[list[str]] = [
        BASE_STYLE,
        """
    :host { font-size: 14px; }
    .surveys { list-style: none; margin: 0 0 8px; padding: 0; max-height: 320px; overflow: auto; }
    .surveys li { display: flex; align-items: center; gap: 4px; padding: 2px 0;
                  border-top: 1px solid var(--mui-palette-divider, #0001); }
    .surveys label { display: flex; align-items: center; gap: 8px; flex: 1; min-width: 0; cursor: pointer;
                     min-height: 28px; }
    .surveys input { width: 16px; height: 16px; margin: 0 2px; flex: none;
                     accent-color: var(--mui-palette-primary-main, #06c); }
    .surveys b { font-weight: 600; white-space: nowrap; overflow: hidden; text-overflow: ellipsis; max-width: 45%; }
    .about { flex: 1; min-width: 0; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; font-size: 13px;
             color: var(--mui-palette-text-secondary, #666); }
    .look { height: 26px; padding: 0 7px; flex: none; font-size: 12px; }
    .look[aria-expanded=true] { border-color: var(--mui-palette-primary-main, #06c);
                                color: var(--mui-palette-primary-main, #06c); }
    .surveys li.looks { flex-wrap: wrap; gap: 6px 12px; padding: 2px 0 8px 30px; border-top: none; font-size: 13px; }
    .looks label { flex: none; gap: 6px; cursor: default; }
    .looks select { height: 28px; padding: 0 4px; }
    .looks .explain { flex: 1 1 100%; font-size: 12px; }
    .up, .down { width: 26px; height: 26px; padding: 0; flex: none; }
    .adder { display: flex; align-items: center; gap: 6px; margin: 6px 0; }
    .adder .title { flex: 0 0 84px; }
    .adder input { height: 30px; padding: 0 8px; cursor: text; min-width: 0; }
    .adder .short { flex: 1 1 90px; } .adder .long { flex: 3 1 220px; } .adder .tiny { flex: 0 0 58px; }
    .adder input::placeholder { color: var(--mui-palette-text-secondary, #666); opacity: 1; }
    .add { height: 30px; flex: none; }
    p { margin: 8px 0; font-size: 13px; overflow-wrap: anywhere; }
    .explain { color: var(--mui-palette-text-secondary, #666); }
    .wrong { color: var(--mui-palette-error-main, #b3261e); }
    .wrong:empty { display: none; }
    .foot { display: flex; gap: 8px; margin-top: 12px; }
    .foot button { height: 34px; padding: 0 16px; }
    .apply { background: var(--mui-palette-primary-main, #06c); color: var(--mui-palette-primary-contrastText, #fff);
             border-color: transparent; }
    """,
    ]

    def __init__(self, on_event: Callable[[str, list[Any]], None], **params: Any) -> None:
        super().__init__(**{"margin": 0, "sizing_mode": "stretch_width", **params})
        self._on_event = on_event

    def _handle_msg(self, msg: dict[str, Any]) -> None:
        self._on_event(str(msg["event"]), list(msg["surveys"]))


class SurveyDialog:
    """Choose the surveys and their order.

    Parameters
    ----------
    session
        The project.

    Attributes
    ----------
    view
        Panel object to show.
    """

    def __init__(self, session: Session) -> None:
        self._session, self._n = session, 0
        self._form = SurveyForm(self._on_event)
        self.view = Dialog(self._form, title="Surveys", open=False, width_option="sm", sx=PLAIN_DIALOG)

    def open(self) -> None:
        """Open the dialog with the current settings."""
        shown = self._session.state.config.services.surveys
        names = {survey.name for survey in shown}
        kinds = {(survey.kind, survey.layer) for survey in shown}
        # Do not offer a survey again that is already shown under another name, such as a mirror.
        others = [
            survey for survey in _OFFERED if survey.name not in names and (survey.kind, survey.layer) not in kinds
        ]
        self._n += 1
        self._form.problem = {"text": ""}
        self._form.shown = {
            "n": self._n,
            "looks": _looks(),
            "fits": _FITS,
            "plain": LookConfig().model_dump(),
            "rows": [*(_row(survey, on=True) for survey in shown), *(_row(survey, on=False) for survey in others)],
        }
        self.view.open = True

    def close(self) -> None:
        """Close the dialog."""
        self.view.open = False

    def _on_event(self, event: str, plain: list[Any]) -> None:
        if event == "apply":
            try:
                self._session.settings.set_surveys(_surveys(plain))
            except Exception as error:
                self._form.problem = {"text": explain(error)}
                return
        self.close()


def _surveys(plain: Sequence[Any]) -> list[SurveyConfig]:
    """Return the surveys sent by a page.

    Raises
    ------
    InvalidInputError
        If a survey is not valid, with a message for the user.
    """
    made = []
    for item in plain:
        try:
            made.append(SurveyConfig.model_validate(item))
        except ValidationError as error:
            name = item.get("name", "") if isinstance(item, dict) else ""
            raise InvalidInputError(f"{name}: {first_problem(error)}.") from None
    return made


def _row(survey: SurveyConfig, *, on: bool) -> dict[str, Any]:
    more = survey.url if survey.kind == "template" else survey.layer
    return {
        "survey": survey.model_dump(mode="json", exclude_defaults=True),
        "on": on,
        "fits": _FITS[survey.kind],
        "look": survey.look.model_dump(),
        "about": ", ".join([_ABOUT[survey.kind], *([more] if more else [])]),
    }


def _looks() -> list[tuple[str, str, list[tuple[str, str]]]]:
    """Return the settings for a FITS image: key, title, and each value with its name."""
    fields = LookConfig.model_fields
    return [
        (key, title, [(value, names.get(value, value)) for value in get_args(fields[key].annotation)])
        for key, title, names in _LOOKS
    ]
