"""Cutouts of the surveys around the selected source."""

from __future__ import annotations

import base64
import math
from collections import deque
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, ClassVar

import panel as pn
import param
from panel.custom import JSComponent

from astronomical.dashboard.ui.session_view import SessionView
from astronomical.dashboard.ui.styles import BASE_STYLE
from astronomical.services.cutouts import Cutout, CutoutFetcher, FetchHandle
from astronomical.services.surveys import Survey, survey_from_config
from astronomical.session import Session

__all__ = ["CutoutBox", "CutoutView", "data_url", "likely_next", "scale_bar", "sentence"]

_PIXELS = 256
_ZOOM = 2.0
_N_AHEAD = 3
_GAP_PX = 8
_UNITS = ((3600.0, "°"), (60.0, "′"), (1.0, "″"))
_ESM = Path(__file__).with_name("cutout_box.js").read_text(encoding="utf-8")


class CutoutBox(JSComponent):
    """One cutout in a box whose shape does not depend on its content.

    Parameters
    ----------
    on_event
        Called with ``retry``, ``in`` or ``out`` when that button is pressed.
    """

    shown = param.Dict(
        default={},
        doc="Content of the box. All of it is shown as text, except the image, which is given by its address.",
    )

    _esm = _ESM
    _stylesheets: ClassVar[list[str]] = [
        BASE_STYLE,
        """
    :host { min-width: 0; }
    .cutout { margin: 0; width: 100%; }
    .frame { position: relative; width: 100%; aspect-ratio: 1; overflow: hidden; border-radius: 4px;
             background: var(--mui-palette-action-hover, #0001); }
    .sky, .mark, .message { position: absolute; inset: 0; width: 100%; height: 100%; display: none; }
    .frame[data-state=image] .sky { display: block; object-fit: contain; background: #000; }
    /* Open cross-hair, which does not cover the centre. */
    .frame[data-state=image] .mark { display: block; pointer-events: none;
      background: linear-gradient(#fffc, #fffc) 50% 40% / 1.5px 7% no-repeat,
                  linear-gradient(#fffc, #fffc) 60% 50% / 7% 1.5px no-repeat; }
    .frame { container-type: size; }
    .plate { --ratio: 1; position: absolute; inset: 0; margin: auto; aspect-ratio: var(--ratio);
             width: min(100cqw, calc(100cqh * var(--ratio))); }
    .plate.shapeless { width: 100%; height: 100%; aspect-ratio: auto; }
    .plate.shapeless .sky { background: #fff; }
    .bar { position: absolute; left: 6px; bottom: 5px; display: none; color: #fff; white-space: nowrap;
           font-size: 11px; line-height: 1.1; text-shadow: 0 0 3px #000, 0 0 2px #000; pointer-events: none; }
    .rule { display: block; height: 4px; margin-top: 1px; border: solid #fff; border-width: 0 1.5px 1.5px;
            box-sizing: border-box; filter: drop-shadow(0 0 1px #000); }
    .compass { position: absolute; right: 2px; top: 2px; width: 40px; height: 40px; display: none; }
    .compass line { stroke: #fff; stroke-width: 1.4; }
    .compass text { fill: #fff; font-size: 9px; text-anchor: middle; dominant-baseline: central; }
    .compass { filter: drop-shadow(0 0 1px #000); pointer-events: none; }
    .frame[data-state=image] .bar, .frame[data-state=image] .compass { display: block; }
    .message { align-items: center; justify-content: center; flex-direction: column; gap: 8px; padding: 8px;
               box-sizing: border-box; text-align: center; color: var(--mui-palette-text-secondary, #666); }
    .frame[data-state=waiting] .waiting { display: flex; animation: appear 0.15s 0.2s both; }
    .frame[data-state=absent] .absent { display: flex; }
    .reason { overflow: hidden auto; overflow-wrap: anywhere; max-height: 70%; }
    .spinner { width: 18px; height: 18px; border-radius: 50%; border: 2px solid currentColor;
               border-top-color: transparent; animation: turn 0.9s linear infinite; }
    @keyframes turn { to { transform: rotate(1turn); } }
    @keyframes appear { from { opacity: 0; } }
    .caption { display: flex; align-items: center; gap: 4px; height: 26px; white-space: nowrap; }
    .title { font-weight: 600; color: inherit; text-decoration: none; overflow: hidden; text-overflow: ellipsis; }
    .title[href] { color: var(--mui-palette-primary-main, #06c); }
    .title[href]:hover { text-decoration: underline; }
    .scale { flex: 1; min-width: 0; overflow: hidden; text-overflow: ellipsis; font-size: 11px;
             color: var(--mui-palette-text-secondary, #666); font-variant-numeric: tabular-nums; }
    .caption button { flex: none; width: 22px; height: 22px; padding: 0; line-height: 1; font-size: 15px; }
    """,
    ]

    def __init__(self, on_event: Any, **params: Any) -> None:
        super().__init__(**{"margin": 0, **params})
        self._on_event = on_event

    def _handle_msg(self, msg: dict[str, Any]) -> None:
        self._on_event(str(msg["event"]))


class CutoutView(SessionView):
    """Cutouts of all surveys, side by side, for the selected source.

    Requests for sources that are no longer shown are dropped at any stage. While no image is waited for, the images of
    the sources that are likely to be next are fetched.

    Parameters
    ----------
    session
        The project shown.
    services
        Services that provide the cutouts.
    keeps_zoom
        Returns whether to keep the zoom when another source is shown.
    """

    def __init__(
        self, session: Session, services: CutoutFetcher, keeps_zoom: Callable[[], bool] = lambda: True
    ) -> None:
        super().__init__(session)
        self._services = services
        self._keeps_zoom = keeps_zoom
        self._chosen = session.state.config.services.surveys
        self._surveys = {survey.name: survey_from_config(survey) for survey in self._chosen}
        self._scales = self._default_scales()
        self._orders = dict.fromkeys(self._surveys, 0)
        self._tickets: dict[str, FetchHandle] = {}
        self._ahead: dict[tuple[str, str, float], FetchHandle] = {}
        self._arrived: deque[tuple[str, int, Cutout]] = deque()
        self._boxes = self._make_boxes()
        # A column has a scroll button, which would take the first place of the grid when the boxes change.
        self.view = pn.Column(
            *self._boxes.values(),
            sizing_mode="stretch_width",
            margin=0,
            styles=self._styles(),
            stylesheets=[".scroll-button { display: none; }"],
        )
        self.follow(self._renew, "config")
        self.follow(self._show, "focus", "dataset", first=True)
        self.follow(self._look_ahead, "focus", "rounds", "active", "likely")
        self._show()
        self._look_ahead()

    def close(self) -> None:
        """Drop all requests, and close the view."""
        super().close()
        self._drop_requests()
        for ticket in self._ahead.values():
            ticket.cancel()
        self._ahead.clear()
        self._arrived.clear()

    def _make_boxes(self) -> dict[str, CutoutBox]:
        return {name: CutoutBox(partial(self._on_event, name), sizing_mode="stretch_width") for name in self._surveys}

    def _styles(self) -> dict[str, str]:
        return {"display": "grid", "gap": f"{_GAP_PX}px", "grid-template-columns": _columns(len(self._boxes))}

    def _renew(self) -> None:
        """Update the boxes if other surveys were chosen."""
        chosen = self.session.state.config.services.surveys
        if chosen == self._chosen:
            return
        self._drop_requests()
        before = {survey.name: survey for survey in self._chosen}
        kept = {survey.name for survey in chosen if before.get(survey.name) == survey} & self._surveys.keys()
        self._chosen = chosen
        self._surveys = {survey.name: survey_from_config(survey) for survey in chosen}
        self._scales = self._default_scales() | {name: self._scales[name] for name in kept}
        self._orders |= {name: 0 for name in self._surveys if name not in self._orders}
        self._boxes = self._make_boxes()
        self._show()
        self.view.param.update(objects=list(self._boxes.values()), styles=self._styles())
        self._look_ahead()

    def _default_scales(self) -> dict[str, float]:
        return {name: survey.default_scale_arcsec for name, survey in self._surveys.items()}

    def _show(self) -> None:
        self._drop_requests()
        if not self._keeps_zoom():
            self._scales = self._default_scales()
        for name in self._surveys:
            self._order(name)

    def _order(self, name: str, *, insist: bool = False) -> None:
        """Request the cutout of the selected source from a survey, and remove the previous one at once."""
        self._forget(name)
        position = self._position()
        if position is None:
            reason = "" if self.session.state.focus is None else "The position of this source is not known."
            self._put(name, state="absent", reason=reason)
            return
        self._put(name, state="waiting")
        deliver = partial(self._deliver, name, self._orders[name])
        self._tickets[name] = self._services.submit(
            self._surveys[name], *position, self._scales[name], _PIXELS, done=deliver, insist=insist
        )

    def _look_ahead(self) -> None:
        """Request the cutouts of the next sources, and drop requests for others."""
        scales = self._scales if self._keeps_zoom() else self._default_scales()
        wanted = {(id, name, scales[name]) for id in likely_next(self.session) for name in self._surveys}
        for key in [key for key in self._ahead if key not in wanted]:
            self._ahead.pop(key).cancel()
        for key in wanted - self._ahead.keys():
            id, name, scale = key
            position = self.session.dataset.catalogue.position_of(id)
            if position is not None:
                self._ahead[key] = self._services.prefetch(self._surveys[name], *position, scale, _PIXELS)

    def _position(self) -> tuple[float, float] | None:
        focus = self.session.state.focus
        return None if focus is None else self.session.dataset.catalogue.position_of(focus)

    def _drop_requests(self) -> None:
        for name in self._orders:
            self._forget(name)

    def _forget(self, name: str) -> None:
        self._orders[name] += 1
        ticket = self._tickets.pop(name, None)
        if ticket is not None:
            ticket.cancel()

    def _deliver(self, name: str, order: int, cutout: Cutout) -> None:
        """Receive a cutout from any thread."""
        self._arrived.append((name, order, cutout))
        self.call_soon(self._take_arrived)

    def _take_arrived(self) -> None:
        while self._arrived:
            name, order, cutout = self._arrived.popleft()
            if order == self._orders[name]:
                self._show_cutout(name, cutout)

    def _show_cutout(self, name: str, cutout: Cutout) -> None:
        if not cutout.ok or cutout.data is None:
            self._put(name, state="absent", reason=sentence(cutout.reason), retry=not cutout.lasting)
            return
        self._put(
            name,
            state="image",
            src=data_url(cutout.data, cutout.mime),
            scale_arcsec=cutout.scale_arcsec,
            alt=f"{name} cutout of {self.session.state.focus}",
            compass=list(cutout.compass),
            bar=scale_bar(cutout.scale_arcsec * max(cutout.width, cutout.height)),
        )

    def _put(self, name: str, *, scale_arcsec: float | None = None, **shown: Any) -> None:
        survey, asked, position = self._surveys[name], self._scales[name], self._position()
        low, high = survey.scale_limits_arcsec
        self._boxes[name].shown = {
            **shown,
            "title": name,
            "credit": survey.credit,
            "scale": f"{scale_arcsec or asked:.2g}″/px",
            "page": "" if position is None else survey.page(*position),
            "zooms": low < high,
            "zoom_in": position is not None and asked > low,
            "zoom_out": position is not None and asked < high,
        }

    def _on_event(self, name: str, event: str) -> None:
        if event in ("in", "out"):
            self._scales[name] = _zoomed(self._surveys[name], self._scales[name], event)
            self.call_soon(self._look_ahead)
        self._order(name, insist=event == "retry")


def _columns(n: int) -> str:
    """Return the grid columns for `n` boxes: all side by side, or as many as have a useful width."""
    share = f"calc((100% - {_GAP_PX * max(n - 1, 0)}px) / {max(n, 1)} - 1px)"
    return f"repeat(auto-fit, minmax(min(100%, max(105px, {share})), 1fr))"


def likely_next(session: Session) -> tuple[str, ...]:
    """Return the sources that are likely to be shown next, most likely first, without the current one."""
    focus, round = session.state.focus, session.round()
    # Until the look-ahead has a result, use the ranking of the learner.
    found = session.state.likely or (round.queries[: _N_AHEAD + 1] if round is not None else ())
    return tuple(id for id in found if id != focus and id in session.dataset.catalogue)[:_N_AHEAD]


def data_url(data: bytes, mime: str) -> str:
    """Return an image as a data URL."""
    return f"data:{mime};base64,{base64.b64encode(data).decode('ascii')}"


def scale_bar(width_arcsec: float) -> dict[str, Any]:
    """Return a scale bar of a round length, at most a third of the width: its fraction of the width, and its text."""
    unit, sign = next((unit, sign) for unit, sign in _UNITS if width_arcsec / 3 >= unit or unit == _UNITS[-1][0])
    target = width_arcsec / 3 / unit
    power = 10.0 ** math.floor(math.log10(target))
    length = next(step * power for step in (5, 2, 1) if step * power <= target * (1 + 1e-9))
    return {"share": round(length * unit / width_arcsec, 4), "text": f"{length:g}{sign}"}


def _zoomed(survey: Survey, scale_arcsec: float, event: str) -> float:
    low, high = survey.scale_limits_arcsec
    return min(max(scale_arcsec / _ZOOM if event == "in" else scale_arcsec * _ZOOM, low), high)


def sentence(text: str) -> str:
    """Return a reason as a sentence."""
    return text[:1].upper() + text[1:] + ("" if text.endswith((".", "!")) else ".") if text else "No image."
