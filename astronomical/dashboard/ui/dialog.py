"""Dialogs and drawers whose content is drawn when they open for the first time."""

from __future__ import annotations

from typing import Any

import panel_material_ui as pmui
import param

__all__ = ["Dialog", "Drawer"]

#: In a low window, the content scrolls; without this, it would be squeezed until its parts overlap.
_SCROLLS = {"& .MuiDialogContent-root > * > *": {"flexShrink": 0}}


class _FilledOnce(param.Parameterized):
    """A container that is empty until it opens, because most of them never do, and a page opens sooner without them."""

    open = param.Boolean(default=False)

    def __init__(self, *content: Any, **options: Any) -> None:
        self._content = content
        super().__init__(**options)

    # Watchers of this kind run before those of Panel, so that the browser gets the content before it opens.
    @param.depends("open", watch=True)  # type: ignore[untyped-decorator]
    def _fill(self) -> None:
        if self.open and self._content:
            content, self._content = self._content, ()
            self.objects = list(content)


class Dialog(_FilledOnce, pmui.Dialog):
    """A dialog that is drawn when it opens for the first time.

    Parameters
    ----------
    *content
        What the dialog shows.
    **options
        Options of `panel_material_ui.Dialog`.
    """

    def __init__(self, *content: Any, sx: dict[str, Any] | None = None, **options: Any) -> None:
        super().__init__(*content, sx={**_SCROLLS, **(sx or {})}, **options)


class Drawer(_FilledOnce, pmui.Drawer):
    """A drawer that is drawn when it opens for the first time.

    Parameters
    ----------
    *content
        What the drawer shows.
    **options
        Options of `panel_material_ui.Drawer`.
    """
