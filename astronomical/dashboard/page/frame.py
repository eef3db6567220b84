"""The page template: header, main area, light and dark theme. It loads nothing from other servers.

panel-material-ui restyles Bokeh and HoloViews plots, Tabulator and Panel's own widgets in the browser whenever the
theme changes, including plots that are added later. It does not change colours that this package sets itself, such as
the colour of a curve over a plot. Take those from `plot_theme`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import panel as pn
import panel_material_ui as pmui
import param
from panel.util import edit_readonly

from astronomical.dashboard.page.connection import ConnectionWatch
from astronomical.dashboard.server import panel_patches

__all__ = ["PlotTheme", "make_page", "plot_theme"]


@dataclass(frozen=True)
class PlotTheme:
    """Colours of a plot that match the theme of the page.

    Parameters
    ----------
    background
        Background, as in a pane.
    text
        Labels and prominent lines.
    muted
        Tick labels and less prominent lines.
    grid
        Grid lines.
    accent
        The most prominent item, such as the selected source.
    """

    background: str
    text: str
    muted: str
    grid: str
    accent: str


_LIGHT = PlotTheme(background="#ffffff", text="#1d2329", muted="#5c6770", grid="#e3e7ea", accent="#b3005e")
_DARK = PlotTheme(background="#1a1f25", text="#e8ecef", muted="#9aa5ae", grid="#30373e", accent="#ff7ab8")


def plot_theme(dark: bool) -> PlotTheme:
    """Return the colours of plots for the light or the dark theme."""
    return _DARK if dark else _LIGHT


# Accessibility of panel-material-ui's components. A tooltip describes a button; it must not replace its text as its
# name. It is as wide as its text, and below the button, because beside it it would cover the next one. The headings
# without text of the page template are no headings.
_COMPONENTS = {
    "MuiTooltip": {
        "defaultProps": {"describeChild": True, "slotProps": {"popper": {"placement": "bottom"}}},
        "styleOverrides": {"tooltip": {"width": "max-content", "maxWidth": "min(240px, 80vw)"}},
    },
    "MuiTypography": {"defaultProps": {"variantMapping": {"h3": "div", "h5": "div"}}},
    "MuiLinearProgress": {"defaultProps": {"aria-label": "Progress"}},
}


def _palette(colours: PlotTheme, page: str, primary: str, warning: str) -> dict[str, Any]:
    return {
        "chart_style": "standard",
        "components": _COMPONENTS,
        "palette": {
            "primary": {"main": primary},
            "warning": {"main": warning},
            "background": {"default": page, "paper": colours.background},
            "text": {"primary": colours.text, "secondary": colours.muted},
            # For buttons without a colour, as in number fields. The default is black on black in the dark theme.
            "default": {"dark": colours.muted, "light": colours.grid},
        },
    }


_THEMES = {
    "light": _palette(_LIGHT, page="#eef1f4", primary="#0f5c8c", warning="#a84f00"),
    "dark": _palette(_DARK, page="#101418", primary="#7cc4ef", warning="#ffa726"),
}

# The header is dark in both themes, because panel-material-ui writes on it in white.
_SX = {
    "& .MuiToolbar-root": {"minHeight": "52px"},
    "& .header": {"backgroundColor": "#0f4c75", "color": "#fff"},
    "&.mui-dark .header": {"backgroundColor": "#15222d", "backgroundImage": "none"},
    "& .header .MuiToolbar-root": {"px": "16px", "gap": "8px"},
    "& .title": {"fontSize": "1.15rem"},
    # The indicator of a busy page, which is invisible but has a place among what screen readers find.
    "& .header > .MuiLinearProgress-root": {"display": "none"},
    "& .main": {"backgroundColor": "background.default"},
}


def make_page(
    title: str, header: Sequence[Any] = (), main: Sequence[Any] = (), *, dark: bool = False, **params: Any
) -> pmui.Page:
    """Return the page. Call this inside a session, and call ``servable()`` on the result.

    Parameters
    ----------
    title
        Title in the header and in the browser's tab.
    header
        Objects of the header from left to right, between the title and the theme toggle.
    main
        Objects below the header, which fill the window. Components without a size, such as dialogs, are allowed.
    dark
        Whether to start in the dark theme. To follow the user, watch the parameter ``dark_theme`` of the page.
    **params
        Further parameters of `panel_material_ui.Page`.
    """
    panel_patches.install()
    if dark:
        pn.config.theme = "dark"  # makes the page dark before the scripts have loaded
    page = pmui.Page(
        title=title,
        header=list(header),
        main=[pn.Column(*main, ConnectionWatch(), sizing_mode="stretch_both", margin=0)],
        **{
            "dark_theme": dark,
            "theme_config": _THEMES,
            "sx": _SX,
            "busy_indicator": None,
            "sidebar_variant": "temporary",
            "sidebar_open": False,
            **params,
        },
    )
    # Page watches the busy state of the whole process, and this reference would keep it alive after its session.
    with edit_readonly(page):
        page.busy = param.rx(False)
    return page
