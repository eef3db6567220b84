"""Grid of panes that the user can drag by their headers, resize, maximise and close."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any, ClassVar

import panel as pn
import param
from panel.layout.gridstack import GridStack

from astronomical.dashboard.panes.pane_item import CLOSE, PaneItem
from astronomical.dashboard.panes.places import N_COLUMNS, Place, free_place, within_grid
from astronomical.errors import InvalidInputError

__all__ = ["PaneGrid"]

_ID = re.compile(r"[A-Za-z0-9_-]+")
#: Minimum height of a row of cells, and width below which the panes are stacked, in CSS pixels.
_LEAST_ROW_PX, _NARROW_PX = 60, 1000


class PaneGrid(GridStack):
    """Panes on a grid of 12 columns. `nrows` rows fill the screen, unless they would be too low; the rest scrolls.

    Parameters
    ----------
    panes
        The initial panes.
    on_action
        Called as ``on_action(pane_id, action_name)`` when a button in a header is pressed. By default, the close
        button removes the pane.
    **params
        Parameters of `panel.layout.gridstack.GridStack`.

    Notes
    -----
    Watch `positions` to be notified of each drag or resize. Set it, or use `move`, to arrange the panes from Python.
    When panes are added or removed, the others keep their contents. A dragged edge resizes all panes that share it. A
    double-click on a header shows its pane alone. In a narrow window, the panes are stacked; their places are kept.
    """

    positions: dict[str, Place] = param.Dict(
        default={},
        precedence=-1,
        doc="""
        Place (x, y, w, h) of each pane by its id. It is replaced, never changed in place.""",
    )

    in_view = param.String(doc="Ids of the panes in view, separated by spaces; empty before the browser reports them.")

    heads: list[dict[str, Any]] = param.List(
        default=[],
        item_type=dict,
        doc="""
        Id, title and actions of each pane in the order of `objects`, shown in the headers.""",
    )

    pressed: dict[str, Any] = param.Dict(
        default={},
        doc="""
        Pane, action and sequence number of the last header button that was pressed.""",
    )

    revealed: dict[str, Any] = param.Dict(
        default={},
        doc="""
        Pane that was last scrolled to from Python, and a sequence number.""",
    )

    # Panel rebuilds it on each add and remove. It becomes a JavaScript template, so it contains no text of users.
    _template = """
    <div id="frame" class="pane-scroller">
      <div id="cells" class="grid-stack">
      {% for key, obj in objects.items() %}
        <div data-id="{{ key }}" class="grid-stack-item" gs-x="{{ positions[key][0] }}"
             gs-y="{{ positions[key][1] }}" gs-w="{{ positions[key][2] }}" gs-h="{{ positions[key][3] }}"
             gs-min-w="2" gs-min-h="2">
          <div class="grid-stack-item-content pane">
            <div class="pane-head"><span class="pane-title" role="heading" aria-level="2"></span>
              <span class="pane-actions"></span></div>
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
          disableOneColumnMode: true, disableResize: true, float: true, handle: '.pane-head', margin: 4,
        }, cells)
        state.read = () => state.gridstack.engine.nodes.map((node) => ({
          id: node.el.getAttribute('data-id'), x0: node.x, y0: node.y, x1: node.x + node.w, y1: node.y + node.h,
        })).sort((a, b) => a.id < b.id ? -1 : 1)
        state.same = (items) => JSON.stringify(items) == JSON.stringify(state.read())
        state.report = () => { if (!state.same(data.state)) { data.state = state.read() } }
        // First move all panes far below, each to its own place, so that they do not push
        // each other away on the way to their new places.
        state.place = (items) => {
          const nodes = new Map(state.gridstack.engine.nodes.map((node) => [node.el.getAttribute('data-id'), node.el]))
          const there = items.filter((item) => nodes.has(item.id))
          state.gridstack.batchUpdate()
          there.forEach((item, i) => state.gridstack.update(nodes.get(item.id), {x: 0, y: 10000 + 100 * i}))
          for (const {id, x0, y0, x1, y1} of there) {
            state.gridstack.update(nodes.get(id), {x: x0, y: y0, w: x1 - x0, h: y1 - y0})
          }
          state.gridstack.batchUpdate(false)
        }
        state.gridstack.on('dragstop', state.report)
        self.resizing()
        self.heads()
        self.nrows()
        state.report()
        if (state.sizes != null) { state.sizes.disconnect() }
        state.sizes = new ResizeObserver(() => { self.nrows(); view.invalidate_layout() })
        state.sizes.observe(frame)
        self.sight()
        const ids = state.read().map((item) => item.id)
        frame.scrollTop = scrolled
        state.fresh = state.ids == null ? null : ids.find((id) => !state.ids.includes(id))
        state.ids = ids
        if (state.maximised != null) {
          state.maximise(state.fresh == null && ids.includes(state.maximised) ? state.maximised : null)
        }
        requestAnimationFrame(() => self.reveal())
        """,
        # Report which panes are in view by more than a few pixels.
        "sight": """
        state.seen?.disconnect()
        const visible = new Set()
        state.seen = new IntersectionObserver((entries) => {
          entries.forEach(({target, isIntersecting: seen}) => visible[seen ? 'add' : 'delete'](target.dataset.id))
          data.in_view = [...visible].sort().join(' ')
        }, {root: state.scroller, rootMargin: '-24px'})
        for (const node of state.gridstack.engine.nodes) { state.seen.observe(node.el) }
        """,
        "after_layout": "self.nrows(); self.reveal()",
        # Scroll to a new pane as soon as it has a height.
        "reveal": """
        const fresh = state.fresh && state.scroller.querySelector(`.grid-stack-item[data-id="${state.fresh}"]`)
        if (!fresh || fresh.offsetHeight == 0) { return }
        const {scroller} = state
        const bottom = fresh.offsetTop + fresh.offsetHeight
        if (bottom > scroller.scrollTop + scroller.clientHeight) { scroller.scrollTop = bottom - scroller.clientHeight }
        state.fresh = null
        """,
        "revealed": """
        if (state.scroller == null) { return }
        state.maximise(null)
        const pane = state.scroller.querySelector(`.grid-stack-item[data-id="${data.revealed.id}"]`)
        pane?.scrollIntoView({block: 'nearest'})
        """,
        "allow_drag": "state.gridstack.enableMove(data.allow_drag)",
        "ncols": "state.gridstack.column(data.ncols)",
        # Fit the rows to the height of the view. Rows of a low view keep a useful height, and the view scrolls; in a
        # narrow view the panes are stacked. A hidden view has no height and keeps its rows.
        # GridStack looks for its old style sheet in the document, not in our shadow root. Remove it, else it wins.
        "nrows": f"""
        if (state.scroller == null || state.scroller.clientHeight == 0) {{ return }}
        const stacked = state.scroller.clientWidth < {_NARROW_PX}
        state.scroller.classList.toggle('stacked', stacked)
        state.gridstack.enableMove(data.allow_drag && !stacked)
        const height = Math.max(Math.floor((state.scroller.clientHeight - 1) / data.nrows), {_LEAST_ROW_PX})
        if (height == state.gridstack.getCellHeight()) {{ return }}
        state.scroller.querySelectorAll('style[gs-style-id]').forEach((style) => style.remove())
        state.gridstack.cellHeight(height)
        """,
        "state": """
        if (state.gridstack == null || state.same(data.state)) { return }
        state.place(data.state)
        view.invalidate_layout()
        """,
        "resizing": Path(__file__).with_name("pane_grid.js").read_text(encoding="utf-8"),
        "heads": """
        for (const head of data.heads) {
          const element = state.scroller.querySelector(`[data-id="${head.id}"] .pane-head`)
          if (element == null) { continue }
          element.querySelector('.pane-title').textContent = head.title
          element.title = head.title
          const maximise = ['maximise', 'Maximise this pane', 'M4 4h16v16H4zm2 4v10h12V8z']
          const actions = [...head.actions.slice(0, -1), maximise, ...head.actions.slice(-1)]
          const buttons = actions.map(([name, tip, path]) => {
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
              if (name === 'maximise') { state.toggle_maximised(head.id); return }
              data.pressed = {id: head.id, action: name, n: (data.pressed.n || 0) + 1}
            })
            return button
          })
          element.querySelector('.pane-actions').replaceChildren(...buttons)
        }
        if (state.maximised != null) { state.maximise(state.maximised) }
        """,
        "remove": """
        document.removeEventListener('pointerdown', state.enter, true)
        state.seen?.disconnect()
        if (state.gridstack != null) { state.gridstack.destroy(false) }
        """,
    }

    _stylesheets: ClassVar[list[str]] = [
        *GridStack._stylesheets,
        Path(__file__).with_name("pane_grid.css").read_text(encoding="utf-8"),
    ]

    def __init__(
        self, panes: Iterable[PaneItem] = (), *, on_action: Callable[[str, str], None] | None = None, **params: Any
    ) -> None:
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
        """Replace all panes at once."""
        made = list(items)
        self._update_panes(made, fresh=True)
        self._fill(made)

    def _fill(self, items: Iterable[PaneItem]) -> None:
        """Put the contents into the columns that are already in place.

        panel-material-ui applies its theme only to models in a list of children, not to those of a ReactiveHTML.
        """
        for item in items:
            self.objects[item.id].objects = [_filling(item.view)]

    def remove(self, id: str) -> None:
        """Remove a pane; KeyError if there is no pane with this id."""
        objects, positions = dict(self.objects), dict(self.positions)
        del objects[id], positions[id]
        heads = [head for head in self.heads if head["id"] != id]
        self.param.update(objects=objects, positions=positions, heads=heads)

    def replace(self, item: PaneItem) -> None:
        """Replace the view and the title of the pane with the same id."""
        self._fill([item])
        self.heads = [_head(item) if head["id"] == item.id else head for head in self.heads]

    def move(self, id: str, x: int, y: int, w: int, h: int) -> None:
        """Move a pane. The browser pushes down the panes that it overlaps."""
        if id not in self.positions:
            raise KeyError(id)
        self.positions = {**self.positions, id: (x, y, w, h)}

    def reveal(self, id: str) -> None:
        """Scroll to a pane; KeyError if there is no pane with this id."""
        if id not in self.positions:
            raise KeyError(id)
        self.revealed = {"id": id, "n": int(self.revealed.get("n", 0)) + 1}

    def rename(self, id: str, title: str) -> None:
        """Change the title of a pane."""
        if id not in self.positions:
            raise KeyError(id)
        self.heads = [{**head, "title": title} if head["id"] == id else head for head in self.heads]

    def _update_panes(self, items: list[PaneItem], *, fresh: bool = False) -> None:
        """Create places for panes, without contents."""
        objects: dict[str, Any] = {} if fresh else dict(self.objects)
        positions: dict[str, Place] = {} if fresh else dict(self.positions)
        heads: list[dict[str, Any]] = [] if fresh else list(self.heads)
        for item in items:
            if not _ID.fullmatch(item.id):
                raise InvalidInputError(
                    f"The id of a pane must consist of letters, digits, '-' and '_', not {item.id!r}"
                )
            if item.id in objects:
                raise InvalidInputError(f"Pane {item.id!r} already exists")
            objects[item.id] = pn.Column(margin=0)
            positions[item.id] = _place(item, positions)
            heads.append(_head(item))
        self.param.update(objects=objects, positions=positions, heads=heads)

    def _update_model(
        self, events: dict[str, Any], msg: dict[str, Any], root: Any, model: Any, doc: Any, comm: Any
    ) -> None:
        """Send changes to the page. Panel mistakes an empty list, of a grid without panes, for a list of models."""
        empty = {name: value for name, value in msg.items() if isinstance(value, list) and not value}
        super()._update_model(
            events, {name: value for name, value in msg.items() if name not in empty}, root, model, doc, comm
        )
        self._set_on_model(empty, root, model.data)

    @param.depends("positions", watch=True)  # type: ignore[untyped-decorator]
    def _send_positions(self) -> None:
        if set(self.positions) != set(self.objects):
            raise InvalidInputError(f"Positions must be given for exactly the panes {', '.join(sorted(self.objects))}")
        self.positions = {id: within_grid(place) for id, place in self.positions.items()}
        self.state = [
            {"id": id, "x0": x, "y0": y, "x1": x + w, "y1": y + h}
            for id, (x, y, w, h) in sorted(self.positions.items())
        ]

    @param.depends("state", watch=True)  # type: ignore[untyped-decorator]
    def _update_objects(self) -> None:
        """Use the positions reported by the browser, except those of panes that were just added or removed."""
        items: list[dict[str, Any]] = list(self.state)
        places = {
            item["id"]: (item["x0"], item["y0"], item["x1"] - item["x0"], item["y1"] - item["y0"]) for item in items
        }
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
    return {
        "id": item.id,
        "title": item.title,
        "actions": [[action.name, action.tip, action.path] for action in item.actions],
    }


def _filling(contents: Any) -> pn.viewable.Viewable:
    view = pn.panel(contents)
    view.sizing_mode = "stretch_both"
    return view


def _place(item: PaneItem, taken: Mapping[str, Place]) -> Place:
    if item.x is None or item.y is None:
        return free_place(taken.values(), min(item.w, N_COLUMNS), item.h)
    return within_grid((item.x, item.y, item.w, item.h))
