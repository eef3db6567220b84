"""The outer page: header, main area, light and dark. Nothing of it is loaded from another server.

panel-material-ui restyles Bokeh and HoloViews plots, Tabulator and Panel's own widgets in the browser whenever the
theme changes, plots that are added later included. What it cannot know are colours that we choose ourselves, such
as those of a curve over a plot: take them from `plot_theme`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import panel as pn
import panel_material_ui as pmui
import param
from panel.util import edit_readonly

from astronomical.dashboard import echoes
from astronomical.dashboard.connection import ConnectionWatch

__all__ = ["PlotTheme", "make_page", "plot_theme"]


@dataclass(frozen=True)
class PlotTheme:
    """Colours of a plot that go with the page.

    Parameters
    ----------
    background
        Behind the points; the colour of a pane.
    text
        Labels, and lines that must be seen clearly.
    muted
        Tick labels, and lines that stay in the background.
    grid
        Grid lines.
    accent
        The one thing to look at, such as the selected source.
    """

    background: str
    text: str
    muted: str
    grid: str
    accent: str


_LIGHT = PlotTheme(background="#ffffff", text="#1d2329", muted="#5c6770", grid="#e3e7ea", accent="#b3005e")
_DARK = PlotTheme(background="#1a1f25", text="#e8ecef", muted="#9aa5ae", grid="#30373e", accent="#ff7ab8")


def plot_theme(dark: bool) -> PlotTheme:
    """Return the colours of plots in the light or the dark theme."""
    return _DARK if dark else _LIGHT


def _palette(colours: PlotTheme, page: str, primary: str) -> dict[str, Any]:
    return {
        "chart_style": "standard",
        "palette": {
            "primary": {"main": primary},
            "background": {"default": page, "paper": colours.background},
            "text": {"primary": colours.text, "secondary": colours.muted},
            # Of buttons without a colour, such as those of fields of numbers: black on black in the dark, unless set.
            "default": {"dark": colours.muted, "light": colours.grid},
        },
    }


_THEMES = {
    "light": _palette(_LIGHT, page="#eef1f4", primary="#0f5c8c"),
    "dark": _palette(_DARK, page="#101418", primary="#7cc4ef"),
}

# The header is dark in both themes: panel-material-ui writes on it in white.
_SX = {
    "& .MuiToolbar-root": {"minHeight": "52px"},
    "& .header": {"backgroundColor": "#0f4c75", "color": "#fff"},
    "&.mui-dark .header": {"backgroundColor": "#15222d", "backgroundImage": "none"},
    "& .header .MuiToolbar-root": {"px": "16px", "gap": "8px"},
    "& .title": {"fontSize": "1.15rem"},
    "& .main": {"backgroundColor": "background.default"},
}


def make_page(title: str, header: Sequence[Any] = (), main: Sequence[Any] = (), *, dark: bool = False,
              **params: Any) -> pmui.Page:
    """Return the page; call it inside a session and mark what it returns ``servable()``.

    Parameters
    ----------
    title
        Shown in the header and in the browser's tab.
    header
        Shown in the header from left to right, after the title and before the theme toggle.
    main
        Shown below the header, filling the window; components without a size, such as dialogs, may stand here too.
    dark
        Whether to begin in the dark theme. Watch the parameter ``dark_theme`` of the page to follow the user.
    **params
        Further parameters of `panel_material_ui.Page`.
    """
    echoes.install()
    if dark:
        pn.config.theme = "dark"  # paints the page dark before the scripts have loaded
    page = pmui.Page(
        title=title, header=list(header),
        main=[pn.Column(*main, ConnectionWatch(), sizing_mode="stretch_both", margin=0)],
        **{"dark_theme": dark, "theme_config": _THEMES, "sx": _SX, "busy_indicator": None,
           "sidebar_variant": "temporary", "sidebar_open": False, **params},
    )
    # Page follows the busy state of the whole process, which would keep it alive after its session.
    with edit_readonly(page):
        page.busy = param.rx(False)
    return page
