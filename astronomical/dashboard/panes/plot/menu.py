"""Menu of a plot: replace the plot, choose columns and settings, share ranges, and save images."""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal

import panel as pn
import panel_material_ui as pmui

from astronomical.dashboard.panes.plot.column_form import COMPACT, PlotForm
from astronomical.dashboard.ui.components import Message
from astronomical.dashboard.ui.styles import SMALL_SWITCH
from astronomical.errors import InvalidInputError, explain
from astronomical.extend import Extension
from astronomical.plots.axis_limits import parse_range
from astronomical.plots.export import PlotPicture, write_picture
from astronomical.plots.plot_data import Question
from astronomical.tasks import Workers

__all__ = ["PlotMenu"]

#: Switches of every plot by the name of the setting.
_SWITCHES = {
    "linked": "Link axes with plots that have the same axes",
    "equalised": "Equalise the density of points (Datashader's eq_hist)",
}
#: Switches and fields of plots with points, and of histograms.
_AXIS_SWITCHES = {
    "full_range": "Show all sources, including outliers beyond 4 sigma",
    "flip_x": "Flip the x axis",
    "flip_y": "Flip the y axis",
}
#: The choice of no subset.
_ALL = "all sources"
_RANGES = {"x_range": "Range of x", "y_range": "Range of y"}


class PlotMenu:
    """Menu that replaces a plot while its columns are missing, or after a click on its header.

    Parameters
    ----------
    kind
        The plot.
    kinds
        Titles of all plots by name.
    there
        The available columns and features.
    on_settings
        Called with the changed settings.
    on_kind
        Called with the name of the new plot.
    take
        Returns a picture of the current plot, or None if there is no plot.
    """

    def __init__(
        self,
        kind: Extension,
        kinds: Mapping[str, str],
        there: Sequence[str],
        on_settings: Callable[[dict[str, Any]], None],
        on_kind: Callable[[str], None],
        take: Callable[[], PlotPicture | None],
    ) -> None:
        self._on_settings, self._on_kind, self._take = on_settings, on_kind, take
        self._settings: dict[str, Any] = {}
        self._filling = False
        self._form = PlotForm(kind, there, on_settings)
        self._kinds = pmui.Select(
            label="Plot",
            options={title: name for name, title in kinds.items()},
            value=kind.name,
            size="small",
            margin=(5, 0),
            sizing_mode="stretch_width",
            sx=COMPACT,
            description="Replace the plot in this pane",
        )
        self._switches = {
            key: pmui.Switch(label=label, margin=(2, 0), size="small", stylesheets=[SMALL_SWITCH])
            for key, label in (*_SWITCHES.items(), *_AXIS_SWITCHES.items())
        }
        self._ranges = {
            key: pmui.TextInput(
                label=label,
                placeholder="from, to",
                description="Two numbers of this axis, such as 14, 22; empty for the usual range",
                size="small",
                margin=(5, 0),
                sizing_mode="stretch_width",
                sx=COMPACT,
            )
            for key, label in _RANGES.items()
        }
        look: dict[str, Any] = {"size": "small", "margin": (5, 0), "sizing_mode": "stretch_width", "sx": COMPACT}
        self._subset = {
            "subset": pmui.Select(label="Subset", options={_ALL: ""}, value="", **look),
            "fades": pmui.Select(label="Other sources", options={"hidden": False, "faded": True}, value=False, **look),
        }
        self._message = Message()
        name = re.sub(r"[^A-Za-z0-9]+", "-", kind.title).strip("-").lower() or "plot"
        pictures = [
            pmui.FileDownload(
                callback=callback,
                filename=f"{name}.{format}",
                label=format.upper(),
                description=f"Save the plot as {format.upper()} for printing",
                size="small",
                margin=(4, 6, 4, 0),
            )
            for format, callback in (("png", self._png), ("svg", self._svg))
        ]
        self._pictures = pn.Row(*pictures, margin=0)
        self.view = pn.Column(sizing_mode="stretch_both", margin=0, scroll="y-auto", styles={"padding": "4px 10px"})
        self._watchers = [
            (self._kinds, self._kinds.param.watch(self._on_kind_chosen, "value")),
            *((switch, switch.param.watch(self._on_switch, "value")) for switch in self._switches.values()),
            *((field, field.param.watch(self._on_range, "value")) for field in self._ranges.values()),
            *((field, field.param.watch(self._on_subset, "value")) for field in self._subset.values()),
        ]

    def close(self) -> None:
        """Stop watching the state."""
        for widget, watcher in self._watchers:
            widget.param.unwatch(watcher)
        self._watchers.clear()

    def show(
        self,
        settings: Mapping[str, Any],
        chosen: Mapping[str, str],
        questions: Sequence[Question] = (),
        remark: str = "",
        *,
        has_plot: bool = False,
        has_axes: bool = False,
        subsets: Sequence[str] = (),
    ) -> None:
        """Fill the menu. A remark or questions ask for missing information.

        With `has_axes`, the user can choose the ranges and directions of the axes, and one of the `subsets`.
        """
        self._settings, self._filling = dict(settings), True
        for key, switch in self._switches.items():
            switch.value = bool(settings.get(key, False))
            switch.visible = has_axes or key in _SWITCHES
        for key, field in self._ranges.items():
            field.param.update(value=str(settings.get(key) or ""), error_state=False)
        chosen_subset = str(settings.get("subset") or "")
        names = subsets if chosen_subset in ("", *subsets) else (*subsets, chosen_subset)
        self._subset["subset"].param.update(options={_ALL: "", **{name: name for name in names}}, value=chosen_subset)
        self._subset["fades"].param.update(value=bool(settings.get("fades")), visible=bool(chosen_subset))
        self._filling = False
        self._message.show("")
        self._form.show(settings, chosen, questions, remark)
        asks = bool(remark or questions)
        ranges = [pn.Row(*self._ranges.values(), margin=0, sizing_mode="stretch_width")] if has_axes else []
        shown = [pn.Row(*self._subset.values(), margin=0, sizing_mode="stretch_width")] if names else []
        extra = [*self._switches.values(), *ranges, self._pictures, self._message.view] if has_plot else []
        self.view.objects = [self._form.view, self._kinds] if asks else [*extra, *shown, self._kinds, self._form.view]

    def _on_kind_chosen(self, event: Any) -> None:
        if event.new is not None:
            self._on_kind(event.new)

    def _on_switch(self, event: Any) -> None:
        if not self._filling:
            self._settings |= {key: switch.value for key, switch in self._switches.items()}
            self._on_settings(dict(self._settings))

    def _on_subset(self, event: Any) -> None:
        if self._filling:
            return
        self._subset["fades"].visible = bool(self._subset["subset"].value)
        self._settings |= {key: field.value for key, field in self._subset.items()}
        self._on_settings(dict(self._settings))

    def _on_range(self, event: Any) -> None:
        if self._filling:
            return
        try:
            parse_range(event.new or "")
        except InvalidInputError as error:
            event.obj.error_state = True
            self._message.show(explain(error), "error")
            return
        event.obj.error_state = False
        self._settings |= {key: field.value for key, field in self._ranges.items()}
        self._on_settings(dict(self._settings))

    async def _png(self) -> io.BytesIO:
        return await self._write("png")

    async def _svg(self) -> io.BytesIO:
        return await self._write("svg")

    async def _write(self, format: Literal["png", "svg"]) -> io.BytesIO:
        """Draw outside the event loop. Errors are shown in the menu."""
        try:
            picture = self._take()
            if picture is None:
                raise InvalidInputError("There is no plot to save.")
            return await Workers.of("pictures", 2).run_async(write_picture, picture, format)
        except Exception as error:
            self._message.show(explain(error), "error")
            raise
