"""Notes, tags and flags: those of the source shown, and all there are."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, ClassVar

import panel as pn
import param
from panel.custom import JSComponent

from astronomical.dashboard.panes.styles import BASE_STYLE
from astronomical.dashboard.view import View
from astronomical.labels.remarks import Remark, changes_of
from astronomical.session.session import Session

__all__ = ["RemarksView"]

_N_ROWS = 200
_N_CHANGES = 50
_NOTHING = {"id": "", "note": "", "tags": [], "flag": False, "known": [], "log": [], "lists": False, "rows": [],
            "summary": ""}
_SAID = {"note": "Note", "tag": "Tags", "flag": "Flag"}
_TAKEN = {"note": "Note taken away", "tag": "Tags taken away", "flag": "Flag taken away"}


class RemarksForm(JSComponent):
    """Fields for one source, who wrote what in them when, and a list of sources.

    Parameters
    ----------
    on_event
        Called with ``note``, ``tags``, ``flag``, ``focus`` or ``filter``, the source that it is about, and the value.
    """

    shown = param.Dict(default=_NOTHING, doc="""
        Id, note, tags and flag; known tags; what was said by whom and when; whether there is a list, its rows, and a
        summary of it.""")

    _esm = Path(__file__).with_name("remarks.js")
    _stylesheets: ClassVar[list[str]] = [BASE_STYLE, """
    .head { display: flex; flex-wrap: wrap; align-items: center; gap: 5px; min-height: 28px; }
    .flag { height: 26px; flex: none; }
    .flag[aria-pressed=true] { color: var(--mui-palette-warning-main, #ed6c02); border-color: currentColor;
                               font-weight: 600; }
    .tags { display: contents; }
    .chip { gap: 2px; padding-right: 2px; }
    .chip .remove { border: none; background: none; padding: 0 5px; opacity: 0.7; }
    .tag { height: 26px; width: 96px; flex: 1 1 96px; max-width: 180px; padding: 0 6px; cursor: text; }
    .note { font: inherit; color: inherit; background: var(--mui-palette-background-paper, #fff); width: 100%;
            box-sizing: border-box; min-height: 54px; resize: vertical; margin-top: 6px; padding: 5px 7px;
            display: block; border: 1px solid var(--mui-palette-divider, #0003); border-radius: 4px; }
    .note:focus-visible { outline: 2px solid var(--mui-palette-primary-main, #06c); outline-offset: -1px; }
    .empty { margin: 8px 0 4px; font-size: 12px; color: var(--mui-palette-text-secondary, #666); }
    .log { list-style: none; margin: 8px 0 0; padding: 0; font-size: 12px; overflow-wrap: anywhere; }
    .log li { padding: 2px 0; border-top: 1px solid var(--mui-palette-divider, #0001); }
    .by { color: var(--mui-palette-text-secondary, #666); margin-left: 8px; }
    .filters { display: flex; gap: 8px; align-items: center; margin: 4px 0; font-size: 12px; }
    .filters .words { height: 26px; flex: 1; min-width: 60px; padding: 0 6px; cursor: text; }
    .filters label { display: flex; align-items: center; gap: 4px; white-space: nowrap; cursor: pointer; }
    .filters input::placeholder { color: var(--mui-palette-text-secondary, #666); opacity: 1; }
    .list { list-style: none; margin: 0; padding: 0; }
    .list li { display: flex; gap: 8px; align-items: baseline; padding: 2px 0; min-width: 0; }
    .go { border: none; background: none; padding: 0 2px; flex: none; color: var(--mui-palette-primary-main, #06c); }
    .said { overflow: hidden; text-overflow: ellipsis; white-space: nowrap; font-size: 12px; }
    """]

    def __init__(self, on_event: Callable[[str, str, Any], None], **params: Any) -> None:
        super().__init__(**{"margin": 0, "sizing_mode": "stretch_width", **params})
        self._on_event = on_event

    def _handle_msg(self, msg: dict[str, Any]) -> None:
        self._on_event(str(msg["event"]), str(msg["source"]), msg["value"])


class RemarksView(View):
    """Notes, tags and flags, to be written and to be found again.

    Parameters
    ----------
    session
        The project shown.
    lists
        Whether all sources with remarks are listed too.

    Attributes
    ----------
    view
        The Panel object that fills the pane or the tab.
    """

    def __init__(self, session: Session, *, lists: bool = True) -> None:
        super().__init__(session)
        self._lists, self._words, self._flagged = lists, "", False
        self._form = RemarksForm(self._on_event)
        self.view = pn.Column(self._form, sizing_mode="stretch_both", margin=0, scroll="y-auto",
                              styles={"padding": "8px 10px", "box-sizing": "border-box"})
        self.follow(self._show, "focus", "ledger", first=True)
        self._show()

    def _on_event(self, event: str, source: str, value: Any) -> None:
        session = self.session
        actions: dict[str, Callable[[], Any]] = {
            "note": lambda: session.remark(source, note=str(value)),
            "tags": lambda: session.remark(source, tags=[str(item) for item in value]),
            "flag": lambda: session.remark(source, flag=bool(value)),
            "focus": lambda: session.focus(source),
            "filter": lambda: self._set_filter(value),
        }
        self.attempt(actions[event])

    def _set_filter(self, value: Any) -> None:
        self._words, self._flagged = str(value["words"]), bool(value["flagged"])
        self._show()

    def _passes(self, id: str, remark: Remark) -> bool:
        text = " ".join((id, *remark.tags, remark.note)).casefold()
        return (remark.flag or not self._flagged) and all(word in text for word in self._words.casefold().split())

    def _log(self, id: str) -> list[dict[str, str]]:
        """Return what was said of a source, newest first, with who and when; where there is a list, the newest only."""
        changes = changes_of(self.session.ledger.remark_events, id)[:1 if self._lists else _N_CHANGES]
        return [{"text": _TAKEN[item.kind] if not item.label else "Flagged" if item.kind == "flag" else
                         f"{_SAID[item.kind]}: {item.label}",
                 "by": f"{item.who}, {item.when[:16].replace('T', ' ')} UTC"} for item in changes]

    def _show(self) -> None:
        focus, remarks = self.session.state.focus, self.session.ledger.remarks
        now = remarks.get(focus, Remark()) if focus is not None else Remark()
        newest = [item for item in list(remarks.items())[::-1] if self._passes(*item)] if self._lists else []
        n_flagged = sum(remark.flag for remark in remarks.values())
        summary = f"{len(remarks):,} source{'' if len(remarks) == 1 else 's'} with remarks, {n_flagged:,} flagged"
        if len(newest) < len(remarks):
            summary = f"{len(newest):,} of {summary}"
        self._form.shown = {
            "id": focus or "", "note": now.note, "tags": list(now.tags), "flag": now.flag,
            "known": sorted({tag for remark in remarks.values() for tag in remark.tags}),
            "log": self._log(focus) if focus is not None else [], "lists": self._lists,
            "rows": [{"id": id, "flag": remark.flag, "tags": list(remark.tags), "note": remark.note[:120]}
                     for id, remark in newest[:_N_ROWS]],
            "summary": summary if remarks else "Nothing is noted yet.",
        }
