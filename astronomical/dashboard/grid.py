"""The grid of panes: cards that the user drags by their heads, resizes and closes."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import panel as pn
import param
from panel.layout.gridstack import GridStack

__all__ = ["CLOSE", "PaneAction", "PaneGrid", "PaneItem", "Place", "free_place"]

Place = tuple[int, int, int, int]
"""Column and row of the top left corner, width and height, all in grid cells."""

N_COLUMNS = 12
_ID = re.compile(r"[A-Za-z0-9_-]+")


@dataclass(frozen=True)
class PaneAction:
    """A small button in the head of a pane.

    Parameters
    ----------
    name
        What `PaneGrid` passes to its ``on_action`` callback.
    tip
        Tooltip and accessible name.
    path
        The ``d`` of an SVG path in a 24x24 box.
    """

    name: str
    tip: str
    path: str


CLOSE = PaneAction("close", "Close this pane", "M19 6.4 17.6 5 12 10.6 6.4 5 5 6.4 10.6 12 5 17.6 6.4 19 "
                                               "12 13.4 17.6 19 19 17.6 13.4 12z")


@dataclass(frozen=True)
class PaneItem:
    """A pane and where it stands.

    Parameters
    ----------
    id
        Name of the pane in `PaneGrid.positions`: letters, digits, ``-`` and ``_``.
    title
        Text in the head; shown as it is, never as HTML.
    view
        What the pane shows. It fills the pane; what does not fit scrolls.
    x, y
        Column and row of the top left corner; without them the first free place is taken.
    w, h
        Width and height in grid cells.
    actions
        Buttons of the head, left to right.
    """

    id: str
    title: str
    view: Any
    x: int | None = None
    y: int | None = None
    w: int = 4
    h: int = 6
    actions: tuple[PaneAction, ...] = (CLOSE,)


def free_place(taken: Iterable[Place], w: int, h: int) -> Place:
    """Return the first place of the wanted size, in reading order, that overlaps none of those taken."""
    places = list(taken)
    bottom = max((y + height for _, y, _, height in places), default=0)
    for y in range(bottom + 1):
        for x in range(N_COLUMNS - w + 1):
            if not any(_overlap((x, y, w, h), other) for other in places):
                return x, y, w, h
    raise ValueError(f"A pane can be at most {N_COLUMNS} columns wide, not {w}")


def _overlap(a: Place, b: Place) -> bool:
    return a[0] < b[0] + b[2] and b[0] < a[0] + a[2] and a[1] < b[1] + b[3] and b[1] < a[1] + a[3]


class PaneGrid(GridStack):
    """Panes on a grid of 12 columns; `nrows` rows fill the screen, further rows scroll.

    Parameters
    ----------
    panes
        The panes to begin with.
    on_action
        Called as ``on_action(pane_id, action_name)`` when a button of a head is pressed. Without it the
        close button removes the pane.
    **params
        Parameters of `panel.layout.gridstack.GridStack`.

    Notes
    -----
    Watch `positions` to learn of a finished drag or resize, one event each; set it, or use `move`, to arrange
    the panes from Python. Panes that stay keep their contents when others are added or removed.
    """

    positions: dict[str, Place] = param.Dict(default={}, precedence=-1, doc="""
        Place (x, y, w, h) of every pane by its id. Replaced, never changed in place.""")

    heads: list[dict[str, Any]] = param.List(default=[], item_type=dict, doc="""
        Id, title and actions of every pane in the order of `objects`; what the browser writes in the heads.""")

    pressed: dict[str, Any] = param.Dict(default={}, doc="""
        Pane, action and running number of the head button pressed last.""")

    # Rebuilt by Panel on every add and remove. Nothing in it comes from a user: it becomes a JavaScript template.
    _template = """
    <div id="frame" class="pane-scroller">
      <div id="cells" class="grid-stack">
      {% for key, obj in objects.items() %}
        <div data-id="{{ key }}" class="grid-stack-item" gs-x="{{ positions[key][0] }}"
             gs-y="{{ positions[key][1] }}" gs-w="{{ positions[key][2] }}" gs-h="{{ positions[key][3] }}"
             gs-min-w="2" gs-min-h="2">
          <div class="grid-stack-item-content pane">
            <div class="pane-head"><span class="pane-title"></span><span class="pane-actions"></span></div>
            <div id="body" class="pane-body">${obj}</div>
          </div>
        </div>
      {% endfor %}
      </div>
    </div>
    """

    _scripts: ClassVar[dict[str, str]] = {
        "render": """
        if (state.gridstack != null) { state.gridstack.destroy(false) }
        const scrolled = state.scroller?.scrollTop ?? 0
        state.scroller = frame
        state.gridstack = GridStack.init({
          animate: false, cellHeight: 40, column: data.ncols, disableDrag: !data.allow_drag,
          disableOneColumnMode: true, disableResize: !data.allow_resize, float: true, handle: '.pane-head',
          margin: 4, resizable: {handles: 'e,se,s,sw,w'},
        }, cells)
        state.read = () => state.gridstack.engine.nodes.map((node) => ({
          id: node.el.getAttribute('data-id'), x0: node.x, y0: node.y, x1: node.x + node.w, y1: node.y + node.h,
        })).sort((a, b) => a.id < b.id ? -1 : 1)
        state.same = (items) => JSON.stringify(items) == JSON.stringify(state.read())
        const report = () => { if (!state.same(data.state)) { data.state = state.read() } }
        state.gridstack.on('resizestop', () => { report(); view.invalidate_layout() })
        state.gridstack.on('dragstop', report)
        self.heads()
        self.nrows()
        report()
        if (state.sizes != null) { state.sizes.disconnect() }
        state.sizes = new ResizeObserver(() => { self.nrows(); view.invalidate_layout() })
        state.sizes.observe(frame)
        const ids = state.read().map((item) => item.id)
        frame.scrollTop = scrolled
        state.fresh = state.ids == null ? null : ids.find((id) => !state.ids.includes(id))
        state.ids = ids
        requestAnimationFrame(() => self.reveal())
        """,
        "after_layout": "self.nrows(); self.reveal()",
        # A pane that was just added is scrolled into view, once it has a height.
        "reveal": """
        const fresh = state.fresh && state.scroller.querySelector(`.grid-stack-item[data-id="${state.fresh}"]`)
        if (!fresh || fresh.offsetHeight == 0) { return }
        const {scroller} = state
        const bottom = fresh.offsetTop + fresh.offsetHeight
        if (bottom > scroller.scrollTop + scroller.clientHeight) { scroller.scrollTop = bottom - scroller.clientHeight }
        state.fresh = null
        """,
        "allow_drag": "state.gridstack.enableMove(data.allow_drag)",
        "allow_resize": "state.gridstack.enableResize(data.allow_resize)",
        "ncols": "state.gridstack.column(data.ncols)",
        # The height of the view in whole rows; a hidden view has none and keeps the rows that it had.
        # GridStack looks for its old style sheet in the document, not in our shadow root, and the old one would win.
        "nrows": """
        if (state.scroller == null) { return }
        const height = Math.floor((state.scroller.clientHeight - 1) / data.nrows)
        if (height <= 0 || height == state.gridstack.getCellHeight()) { return }
        state.scroller.querySelectorAll('style[gs-style-id]').forEach((style) => style.remove())
        state.gridstack.cellHeight(height)
        """,
        # All panes first go far below, each to a place of its own: on the way to its new place
        # none then pushes another away.
        "state": """
        if (state.gridstack == null || state.same(data.state)) { return }
        const elements = new Map(state.gridstack.engine.nodes.map((node) => [node.el.getAttribute('data-id'), node.el]))
        const items = data.state.filter((item) => elements.has(item.id))
        state.gridstack.batchUpdate()
        items.forEach((item, i) => state.gridstack.update(elements.get(item.id), {x: 0, y: 10000 + 100 * i}))
        for (const item of items) {
          state.gridstack.update(elements.get(item.id),
            {x: item.x0, y: item.y0, w: item.x1 - item.x0, h: item.y1 - item.y0})
        }
        state.gridstack.batchUpdate(false)
        view.invalidate_layout()
        """,
        "heads": """
        for (const head of data.heads) {
          const element = state.scroller.querySelector(`[data-id="${head.id}"] .pane-head`)
          if (element == null) { continue }
          element.querySelector('.pane-title').textContent = head.title
          element.title = head.title
          const buttons = head.actions.map(([name, tip, path]) => {
            const svg = document.createElementNS('http://www.w3.org/2000/svg', 'svg')
            svg.setAttribute('viewBox', '0 0 24 24')
            svg.appendChild(document.createElementNS(svg.namespaceURI, 'path')).setAttribute('d', path)
            const button = document.createElement('button')
            button.type = 'button'
            button.title = tip
            button.setAttribute('aria-label', tip)
            button.dataset.action = name
            button.append(svg)
            button.addEventListener('mousedown', (event) => event.stopPropagation())
            button.addEventListener('click', () => {
              data.pressed = {id: head.id, action: name, n: (data.pressed.n || 0) + 1}
            })
            return button
          })
          element.querySelector('.pane-actions').replaceChildren(...buttons)
        }
        """,
        "remove": "if (state.gridstack != null) { state.gridstack.destroy(false) }",
    }

    _stylesheets: ClassVar[list[str]] = [
        *GridStack._stylesheets,
        """
        :host { position: relative; overflow: hidden; }
        .pane-scroller { position: absolute; inset: 0; overflow: hidden auto; }
        .grid-stack > .grid-stack-item > .pane {
          background: var(--mui-palette-background-paper, #fff); color: var(--mui-palette-text-primary, #222);
          border: 1px solid var(--mui-palette-divider, #0002); border-radius: 6px; overflow: hidden;
        }
        .pane-head {
          position: absolute; inset: 0 0 auto 0; height: 30px; box-sizing: border-box; padding: 0 4px 0 12px;
          display: flex; align-items: center; justify-content: space-between; gap: 8px; cursor: move;
          border-bottom: 1px solid var(--mui-palette-divider, #0002); user-select: none;
          font: 500 13px/1 var(--bokeh-base-font, sans-serif);
        }
        .pane-title { overflow: hidden; text-overflow: ellipsis; white-space: nowrap; line-height: 1.4; }
        .pane-actions { display: flex; flex: none; }
        .pane-actions button {
          all: unset; cursor: pointer; width: 24px; height: 24px; border-radius: 4px; display: grid;
          place-items: center; opacity: 0.55;
        }
        .pane-actions button:hover, .pane-actions button:focus-visible {
          opacity: 1; background: var(--mui-palette-divider, #0002);
        }
        .pane-actions button:focus-visible { outline: 2px solid var(--panel-primary-color, #06c); }
        .pane-actions svg { width: 16px; height: 16px; fill: currentColor; }
        .pane-body { position: absolute; inset: 30px 0 0 0; overflow: auto; }
        .grid-stack > .grid-stack-placeholder > .placeholder-content {
          background: var(--panel-primary-color, #06c); opacity: 0.15; border-radius: 6px; border: none;
        }
        .grid-stack > .ui-draggable-dragging > .pane { box-shadow: 0 6px 20px #0006; opacity: 0.9; }
        """,
    ]

    def __init__(self, panes: Iterable[PaneItem] = (), *,
                 on_action: Callable[[str, str], None] | None = None, **params: Any) -> None:
        self._on_action = on_action
        params = {"ncols": N_COLUMNS, "nrows": 12, "sizing_mode": "stretch_both", **params}
        super().__init__(**params)
        made = list(panes)
        self._update_panes(made)
        self._fill(made)

    def add(self, item: PaneItem) -> None:
        """Add a pane.

        Raises
        ------
        ValueError
            If the id is taken or has other characters than letters, digits, ``-`` and ``_``.
        """
        self._update_panes([item])
        self._fill([item])

    def rebuild(self, items: Iterable[PaneItem]) -> None:
        """Put other panes in the place of all, in one go."""
        made = list(items)
        self._update_panes(made, fresh=True)
        self._fill(made)

    def _fill(self, items: Iterable[PaneItem]) -> None:
        """Put the contents into columns that are in their places.

        panel-material-ui gives its theme to models that arrive in a list of children, which those of a ReactiveHTML
        are not.
        """
        for item in items:
            self.objects[item.id].objects = [_filling(item.view)]

    def remove(self, id: str) -> None:
        """Remove a pane; KeyError if there is none of this id."""
        objects, positions = dict(self.objects), dict(self.positions)
        del objects[id], positions[id]
        heads = [head for head in self.heads if head["id"] != id]
        self.param.update(objects=objects, positions=positions, heads=heads)

    def replace(self, item: PaneItem) -> None:
        """Show another view, under another title, in the place of the pane with the same id."""
        self._fill([item])
        self.heads = [_head(item) if head["id"] == item.id else head for head in self.heads]

    def move(self, id: str, x: int, y: int, w: int, h: int) -> None:
        """Put one pane elsewhere; those in its way are pushed down by the browser."""
        if id not in self.positions:
            raise KeyError(id)
        self.positions = {**self.positions, id: (x, y, w, h)}

    def rename(self, id: str, title: str) -> None:
        """Change the title in the head of a pane."""
        if id not in self.positions:
            raise KeyError(id)
        self.heads = [{**head, "title": title} if head["id"] == id else head for head in self.heads]

    def _update_panes(self, items: list[PaneItem], *, fresh: bool = False) -> None:
        """Make places for panes, with nothing in them."""
        objects: dict[str, Any] = {} if fresh else dict(self.objects)
        positions: dict[str, Place] = {} if fresh else dict(self.positions)
        heads: list[dict[str, Any]] = [] if fresh else list(self.heads)
        for item in items:
            if not _ID.fullmatch(item.id):
                raise ValueError(f"The id of a pane consists of letters, digits, '-' and '_', not {item.id!r}")
            if item.id in objects:
                raise ValueError(f"There is a pane {item.id!r} already")
            objects[item.id] = pn.Column(margin=0)
            positions[item.id] = _place(item, positions)
            heads.append(_head(item))
        self.param.update(objects=objects, positions=positions, heads=heads)

    def _update_model(self, events: dict[str, Any], msg: dict[str, Any], root: Any, model: Any, doc: Any,
                      comm: Any) -> None:
        """Send changes to the page; Panel takes an empty list, as of a grid without panes, for one of models."""
        empty = {name: value for name, value in msg.items() if isinstance(value, list) and not value}
        super()._update_model(events, {name: value for name, value in msg.items() if name not in empty}, root, model,
                              doc, comm)
        self._set_on_model(empty, root, model.data)

    @param.depends("positions", watch=True)  # type: ignore[untyped-decorator]
    def _send_positions(self) -> None:
        if set(self.positions) != set(self.objects):
            raise ValueError(f"Positions are needed for exactly the panes {', '.join(sorted(self.objects))}")
        self.positions = {id: _within(place) for id, place in self.positions.items()}
        self.state = [{"id": id, "x0": x, "y0": y, "x1": x + w, "y1": y + h}
                      for id, (x, y, w, h) in sorted(self.positions.items())]

    @param.depends("state", watch=True)  # type: ignore[untyped-decorator]
    def _update_objects(self) -> None:
        """Take over what the browser reports; panes that it does not know yet, or still shows, do not count."""
        items: list[dict[str, Any]] = list(self.state)
        places = {item["id"]: (item["x0"], item["y0"], item["x1"] - item["x0"], item["y1"] - item["y0"])
                  for item in items}
        positions = {id: places.get(id, place) for id, place in self.positions.items()}
        if positions != self.positions:
            self.positions = positions

    @param.depends("objects", watch=True)  # type: ignore[untyped-decorator]
    def _update_sizing(self) -> None:
        for view in self.objects.values():
            view.sizing_mode = "stretch_both"

    @param.depends("pressed", watch=True)  # type: ignore[untyped-decorator]
    def _act(self) -> None:
        id, action = self.pressed["id"], self.pressed["action"]
        if id not in self.objects:
            return
        if self._on_action is not None:
            self._on_action(id, action)
        elif action == CLOSE.name:
            self.remove(id)


def _head(item: PaneItem) -> dict[str, Any]:
    return {"id": item.id, "title": item.title,
            "actions": [[action.name, action.tip, action.path] for action in item.actions]}


def _filling(contents: Any) -> pn.viewable.Viewable:
    view = pn.panel(contents)
    view.sizing_mode = "stretch_both"
    return view


def _place(item: PaneItem, taken: Mapping[str, Place]) -> Place:
    if item.x is None or item.y is None:
        return free_place(taken.values(), min(item.w, N_COLUMNS), item.h)
    return _within((item.x, item.y, item.w, item.h))


def _within(place: Place) -> Place:
    """Return the place shifted and cut so that it lies on the grid."""
    x, y, w, h = place
    w = min(max(w, 1), N_COLUMNS)
    return min(max(x, 0), N_COLUMNS - w), max(y, 0), w, max(h, 1)
