"""Notes, tags and flags of the selected source and of all sources."""

from __future__ import annotations

from collections.abc import Callable
from itertools import islice
from pathlib import Path
from typing import Any, ClassVar

import panel as pn
import param
from panel.custom import JSComponent

from astronomical.dashboard.ui.session_view import SessionView
from astronomical.dashboard.ui.styles import BASE_STYLE
from astronomical.labels.annotations import Remark
from astronomical.labels.ledger import Ledger
from astronomical.session import Session

__all__ = ["RemarksView"]

_N_ROWS = 200
_N_CHANGES = 50
_NOTHING = {
    "id": "",
    "note": "",
    "tags": [],
    "flag": False,
    "known": [],
    "log": [],
    "lists": False,
    "rows": [],
    "summary": "",
}
_SAID = {"note": "Note", "tag": "Tags", "flag": "Flag"}
_TAKEN = {"note": "Note removed", "tag": "Tags removed", "flag": "Flag removed"}


class RemarksForm(JSComponent):
    """Fields for one source, their history, and a list of sources.

    Parameters
    ----------
    on_event
        Called with ``note``, ``tags``, ``flag``, ``focus`` or ``filter``, the id of the source, and the value.
    """

    shown = param.Dict(
        default=_NOTHING,
        doc="""
        Id, note, tags and flag; known tags; history with author and time; whether there is a list, its rows and its
        summary.""",
    )

    _esm = Path(__file__).with_name("annotations.js")
    _stylesheets: ClassVar[list[str]] = [
        BASE_STYLE,
        """
    .head { display: flex; flex-wrap: wrap; align-items: center; gap: 5px; min-height: 28px; }
    .flag { height: 26px; flex: none; }
    .flag[aria-pressed=true] { color: var(--mui-palette-warning-main, #ed6c02); border-color: currentColor;
                               font-weight: 600; }
    .tags { display: contents; }
    .chip { gap: 2px; padding-right: 2px; }
    .chip .remove { border: none; background: none; padding: 0 5px; opacity: 0.75; }
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
    """,
    ]

    def __init__(self, on_event: Callable[[str, str, Any], None], **params: Any) -> None:
        super().__init__(**{"margin": 0, "sizing_mode": "stretch_width", **params})
        self._on_event = on_event

    def _handle_msg(self, msg: dict[str, Any]) -> None:
        self._on_event(str(msg["event"]), str(msg["source"]), msg["value"])


class RemarksView(SessionView):
    """View to edit and find notes, tags and flags.

    Parameters
    ----------
    session
        The project shown.
    lists
        Whether to list all sources with notes, tags or flags too.

    Attributes
    ----------
    view
        The Panel object that fills the pane or the tab.
    """

    def __init__(self, session: Session, *, lists: bool = True) -> None:
        super().__init__(session)
        self._lists, self._words, self._flagged = lists, "", False
        self._listed: Ledger | None = None
        self._form = RemarksForm(self._on_event)
        self.view = pn.Column(
            self._form,
            sizing_mode="stretch_both",
            margin=0,
            scroll="y-auto",
            styles={"padding": "8px 10px", "box-sizing": "border-box"},
        )
        self.follow(self._show, "focus", "ledger", first=True)
        self._show()

    def _on_event(self, event: str, source: str, value: Any) -> None:
        session = self.session
        actions: dict[str, Callable[[], Any]] = {
            "note": lambda: session.labels.remark(source, note=str(value)),
            "tags": lambda: session.labels.remark(source, tags=[str(item) for item in value]),
            "flag": lambda: session.labels.remark(source, flag=bool(value)),
            "focus": lambda: session.focus(source),
            "filter": lambda: self._set_filter(value),
        }
        self.run_command(actions[event])

    def _set_filter(self, value: Any) -> None:
        self._words, self._flagged = str(value["words"]), bool(value["flagged"])
        self._listed = None
        self._show()

    def _log(self, id: str) -> list[dict[str, str]]:
        """Return the history of a source, newest first, with author and time; only the newest if there is a list."""
        changes = self.session.ledger.about(id).remarks[::-1][: 1 if self._lists else _N_CHANGES]
        return [
            {
                "text": _TAKEN[item.kind]
                if not item.label
                else "Flagged"
                if item.kind == "flag"
                else f"{_SAID[item.kind]}: {item.label}",
                "by": f"{item.who}, {item.when[:16].replace('T', ' ')} UTC",
            }
            for item in changes
        ]

    def _show(self) -> None:
        focus, ledger = self.session.state.focus, self.session.ledger
        now = ledger.remarks.get(focus, Remark()) if focus is not None else Remark()
        self._send(
            {
                "id": focus or "",
                "note": now.note,
                "tags": list(now.tags),
                "flag": now.flag,
                "known": sorted(ledger.index.tags),
                "lists": self._lists,
                "log": self._log(focus) if focus is not None else [],
                **({} if self._lists else _NO_LIST),
            }
        )
        if not self._lists or (self._listed is not None and ledger.index.remarks is self._listed.index.remarks):
            return
        words, flagged = self._words.casefold().split(), self._flagged
        if words or flagged:  # search all notes and tags
            self.run_in_thread(
                lambda: (ledger, *_matching(ledger, words, flagged)), lambda found: self._show_list(*found)
            )
        else:
            newest = list(islice(reversed(ledger.remarks), _N_ROWS))
            self._show_list(ledger, newest, len(ledger.remarks))

    def _show_list(self, ledger: Ledger, ids: list[str], n_found: int) -> None:
        """List sources with notes, tags or flags, newest first, and show how many there are."""
        if ledger.index.remarks is not self.session.ledger.index.remarks:
            return  # a search of newer entries is running
        self._listed, n = ledger, len(ledger.remarks)
        summary = f"{n:,} source{'' if n == 1 else 's'} with notes, tags or flags, {ledger.index.n_flagged:,} flagged"
        if n_found < n:
            summary = f"{n_found:,} of {summary}"
        remarks = [(id, ledger.remarks[id]) for id in ids]
        self._send(
            {
                "summary": summary if n else "There are no notes, tags or flags yet.",
                "rows": [
                    {"id": id, "flag": remark.flag, "tags": list(remark.tags), "note": remark.note[:120]}
                    for id, remark in remarks
                ],
            }
        )

    def _send(self, changed: dict[str, Any]) -> None:
        """Show values that have changed. Param is slow to compare unchanged rows."""
        shown = self._form.shown
        if any(shown.get(name) != value for name, value in changed.items()):
            self._form.shown = {**shown, **changed}


#: Values of the list if it is not shown.
_NO_LIST: dict[str, Any] = {"rows": [], "summary": ""}


def _matching(ledger: Ledger, words: list[str], flagged: bool) -> tuple[list[str], int]:
    """Return the newest sources whose notes and tags contain all words, and their number. This can be slow."""
    found = []
    for id in reversed(ledger.remarks):
        remark = ledger.remarks[id]
        text = " ".join((id, *remark.tags, remark.note)).casefold()
        if (remark.flag or not flagged) and all(word in text for word in words):
            found.append(id)
    return found[:_N_ROWS], len(found)
