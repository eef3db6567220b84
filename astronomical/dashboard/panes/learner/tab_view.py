"""Base class of the views behind the tabs of a learner."""

from __future__ import annotations

from collections.abc import Callable

import panel as pn

from astronomical.dashboard.ui.session_view import SessionView

__all__ = ["TabView"]


class TabView(SessionView):
    """A view that is shown while its tab is chosen.

    Parameters
    ----------
    session
        The project shown.

    Attributes
    ----------
    view
        The Panel object that fills the tab.
    """

    view: pn.viewable.Viewable

    def set_visible(self, visible: bool, ready: Callable[[], None] = lambda: None) -> None:
        """Show or leave the view.

        Parameters
        ----------
        visible
            Whether the tab is chosen.
        ready
            Called when the view can be put into the page.
        """
        if visible:
            ready()
