"""Cutouts of the surveys around the source shown."""

from __future__ import annotations

import base64
from collections import deque
from functools import partial
from pathlib import Path
from typing import Any, ClassVar

import panel as pn
import param
from panel.custom import JSComponent

from astronomical.dashboard.panes.styles import BASE_STYLE
from astronomical.dashboard.view import View
from astronomical.services.cutouts import Cutout, CutoutFetcher, Ticket
from astronomical.services.surveys import Survey
from astronomical.session.session import Session

__all__ = ["CutoutBox", "CutoutView"]

_PIXELS = 256
_ZOOM = 2.0
_ESM = Path(__file__).with_name("cutout_box.js").read_text(encoding="utf-8")


class CutoutBox(JSComponent):
    """One cutout in a box whose shape does not depend on what is in it.

    Parameters
    ----------
    on_event
        Called with ``retry``, ``in`` or ``out`` when that button is pressed.
    """

    shown = param.Dict(default={}, doc="What is in the box; all of it is shown as text, the image by its address.")

    _esm = _ESM
    _stylesheets: ClassVar[list[str]] = [BASE_STYLE, """
    :host { min-width: 0; }
    .cutout { margin: 0; width: 100%; }
    .frame { position: relative; width: 100%; aspect-ratio: 1; overflow: hidden; border-radius: 4px;
             background: var(--mui-palette-action-hover, #0001); }
    .sky, .mark, .message { position: absolute; inset: 0; width: 100%; height: 100%; display: none; }
    .frame[data-state=image] .sky { display: block; object-fit: contain; background: #000; }
    /* Open cross-hair: it points at the middle without covering it. */
    .frame[data-state=image] .mark { display: block; pointer-events: none;
      background: linear-gradient(#fffc, #fffc) 50% 40% / 1.5px 7% no-repeat,
                  linear-gradient(#fffc, #fffc) 60% 50% / 7% 1.5px no-repeat; }
    .field { position: absolute; left: 4px; bottom: 3px; padding: 0 4px; border-radius: 3px; font-size: 11px;
             color: #fff; background: #000a; display: none; }
    .frame[data-state=image] .field { display: block; }
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
    .title { font-weight: 600; }
    .scale { flex: 1; min-width: 0; overflow: hidden; text-overflow: ellipsis; font-size: 11px;
             color: var(--mui-palette-text-secondary, #666); font-variant-numeric: tabular-nums; }
    .caption button { flex: none; width: 22px; height: 22px; padding: 0; line-height: 1; font-size: 15px; }
    """]

    def __init__(self, on_event: Any, **params: Any) -> None:
        super().__init__(**{"margin": 0, **params})
        self._on_event = on_event

    def _handle_msg(self, msg: dict[str, Any]) -> None:
        self._on_event(str(msg["event"]))


class CutoutView(View):
    """The cutouts of all surveys, side by side, for the source that has the focus.

    Each survey keeps its zoom from source to source. What belongs to a source left behind is dropped, wherever
    it is by then.

    Parameters
    ----------
    session
        The project shown.
    services
        Where cutouts come from.
    """

    def __init__(self, session: Session, services: CutoutFetcher) -> None:
        super().__init__(session)
        self._services = services
        self._surveys = {survey.name: survey for survey in services.surveys}
        self._scales = {survey.name: survey.default_scale_arcsec for survey in services.surveys}
        self._orders = dict.fromkeys(self._surveys, 0)
        self._tickets: dict[str, Ticket] = {}
        self._arrived: deque[tuple[str, int, Cutout]] = deque()
        self._boxes = {name: CutoutBox(partial(self._on_event, name), sizing_mode="stretch_width")
                       for name in self._surveys}
        self.view = pn.Row(*self._boxes.values(), sizing_mode="stretch_width", margin=0,
                           styles={"gap": "8px"})
        self.follow(self._show, "focus", "dataset")
        self._show()

    def close(self) -> None:
        """Drop all requests and stop following."""
        super().close()
        self._drop_requests()
        self._arrived.clear()

    def _show(self) -> None:
        self._drop_requests()
        for name in self._surveys:
            self._order(name)

    def _order(self, name: str) -> None:
        """Ask a survey for the source shown; whatever it showed before goes at once."""
        self._forget(name)
        position = self._position()
        if position is None:
            reason = "" if self.session.state.focus is None else "The position of this source is not known."
            self._put(name, state="absent", reason=reason)
            return
        self._put(name, state="waiting")
        deliver = partial(self._deliver, name, self._orders[name])
        self._tickets[name] = self._services.submit(self._surveys[name], *position, self._scales[name], _PIXELS,
                                                    done=deliver)

    def _position(self) -> tuple[float, float] | None:
        focus = self.session.state.focus
        return None if focus is None else self.session.dataset.catalogue.position_of(focus)

    def _drop_requests(self) -> None:
        for name in self._surveys:
            self._forget(name)

    def _forget(self, name: str) -> None:
        self._orders[name] += 1
        ticket = self._tickets.pop(name, None)
        if ticket is not None:
            ticket.cancel()

    def _deliver(self, name: str, order: int, cutout: Cutout) -> None:
        """Take a cutout from whatever thread it comes."""
        self._arrived.append((name, order, cutout))
        self.soon(self._take_arrived)

    def _take_arrived(self) -> None:
        while self._arrived:
            name, order, cutout = self._arrived.popleft()
            if order == self._orders[name]:
                self._show_cutout(name, cutout)

    def _show_cutout(self, name: str, cutout: Cutout) -> None:
        if not cutout.ok or cutout.data is None:
            self._put(name, state="absent", reason=_sentence(cutout.reason), retry=not cutout.lasting)
            return
        source = f"data:{cutout.mime};base64,{base64.b64encode(cutout.data).decode('ascii')}"
        self._put(name, state="image", src=source, scale_arcsec=cutout.scale_arcsec,
                  alt=f"{name} cutout of {self.session.state.focus}",
                  field=_angle_text(cutout.scale_arcsec * cutout.width))

    def _put(self, name: str, *, scale_arcsec: float | None = None, **shown: Any) -> None:
        survey, asked = self._surveys[name], self._scales[name]
        low, high = survey.scale_limits_arcsec
        known = self._position() is not None
        self._boxes[name].shown = {
            **shown, "title": name, "credit": survey.credit, "scale": f"{scale_arcsec or asked:.2g}″/px",
            "zoom_in": known and asked > low, "zoom_out": known and asked < high,
        }

    def _on_event(self, name: str, event: str) -> None:
        if event in ("in", "out"):
            self._scales[name] = _zoomed(self._surveys[name], self._scales[name], event)
        self._order(name)


def _zoomed(survey: Survey, scale_arcsec: float, event: str) -> float:
    low, high = survey.scale_limits_arcsec
    return min(max(scale_arcsec / _ZOOM if event == "in" else scale_arcsec * _ZOOM, low), high)


def _angle_text(arcsec: float) -> str:
    return f"{arcsec / 60:.2g}′" if arcsec >= 60 else f"{arcsec:.2g}″"


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:] + ("" if text.endswith((".", "!")) else ".") if text else "No image."
