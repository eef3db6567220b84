"""The menu of a plot: another plot in its place, columns and settings, shared ranges, and pictures."""

from __future__ import annotations

import asyncio
import io
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal

import panel as pn
import panel_material_ui as pmui

from astronomical.dashboard.panes.plot_columns import COMPACT, PlotForm
from astronomical.dashboard.panes.styles import SMALL_SWITCH
from astronomical.dashboard.parts import Message
from astronomical.extend import Extension
from astronomical.plots.data import Question
from astronomical.plots.export import Picture, write_picture

__all__ = ["PlotMenu"]


class PlotMenu:
    """What opens in place of a plot when its columns are wanted, or its head is clicked.

    Parameters
    ----------
    kind
        The plot.
    kinds
        Titles of all plots by name.
    there
        The columns and features on offer.
    on_settings
        Called with the changed settings.
    on_kind
        Called with the name of another plot.
    take
        Takes the picture of the plot as it is; None if there is none to take.
    """

    def __init__(self, kind: Extension, kinds: Mapping[str, str], there: Sequence[str],
                 on_settings: Callable[[dict[str, Any]], None], on_kind: Callable[[str], None],
                 take: Callable[[], Picture | None]) -> None:
        self._on_settings, self._on_kind, self._take = on_settings, on_kind, take
        self._settings: dict[str, Any] = {}
        self._filling = False
        self._form = PlotForm(kind, there, on_settings)
        self._kinds = pmui.Select(label="Plot", options={title: name for name, title in kinds.items()},
                                  value=kind.name, size="small", margin=(5, 0), sizing_mode="stretch_width",
                                  sx=COMPACT, description="Show another plot in this pane")
        self._linked = pmui.Switch(label="Share ranges with plots of the same axes", margin=(2, 0), size="small",
                                   stylesheets=[SMALL_SWITCH])
        self._message = Message()
        name = re.sub(r"[^A-Za-z0-9]+", "-", kind.title).strip("-").lower() or "plot"
        pictures = [pmui.FileDownload(callback=callback, filename=f"{name}.{format}", label=format.upper(),
                                      description=f"Save the plot as {format.upper()}, for print", size="small",
                                      margin=(4, 6, 4, 0))
                    for format, callback in (("png", self._png), ("svg", self._svg))]
        self._pictures = pn.Row(*pictures, margin=0)
        self.view = pn.Column(sizing_mode="stretch_both", margin=0, scroll="y-auto", styles={"padding": "4px 10px"})
        self._watchers = [(self._kinds, self._kinds.param.watch(self._on_kind_chosen, "value")),
                          (self._linked, self._linked.param.watch(self._on_linked, "value"))]

    def close(self) -> None:
        """Stop listening."""
        for widget, watcher in self._watchers:
            widget.param.unwatch(watcher)
        self._watchers.clear()

    def show(self, settings: Mapping[str, Any], chosen: Mapping[str, str], questions: Sequence[Question] = (),
             remark: str = "", *, has_plot: bool = False) -> None:
        """Fill the menu; with a remark or questions it asks for what the plot lacks."""
        self._settings, self._filling = dict(settings), True
        self._linked.value = bool(settings.get("linked", False))
        self._filling = False
        self._message.show("")
        self._form.show(settings, chosen, questions, remark)
        asks = bool(remark or questions)
        extra = [self._linked, self._pictures, self._message.view] if has_plot else []
        self.view.objects = [self._form.view, self._kinds] if asks else [*extra, self._kinds, self._form.view]

    def _on_kind_chosen(self, event: Any) -> None:
        if event.new is not None:
            self._on_kind(event.new)

    def _on_linked(self, event: Any) -> None:
        if not self._filling:
            self._settings["linked"] = event.new
            self._on_settings(dict(self._settings))

    async def _png(self) -> io.BytesIO:
        return await self._write("png")

    async def _svg(self) -> io.BytesIO:
        return await self._write("svg")

    async def _write(self, format: Literal["png", "svg"]) -> io.BytesIO:
        """Draw off the event loop; what goes wrong is said in the menu."""
        try:
            picture = self._take()
            if picture is None:
                raise ValueError("There is no plot to save.")
            return await asyncio.to_thread(write_picture, picture, format)
        except ValueError as error:
            self._message.show(str(error), "error")
            raise
