// Resizing between neighbours, maximising, and the wheel over the panes of a grid. Run for each new set of panes; `state`,
// `data` and `view` are those of the scripts of the grid.
const LEAST_CELLS = 2
const AXES = {
  x: {from: 'x0', to: 'x1', across: ['y0', 'y1'], pointer: 'clientX', limit: () => data.ncols},
  y: {from: 'y0', to: 'y1', across: ['x0', 'x1'], pointer: 'clientY', limit: () => Infinity},
}
const HANDLES = {e: ['x', 'to'], w: ['x', 'from'], s: ['y', 'to']}

// The panes that share an edge: those that end at it, those that begin at it, and how far it can move.
function shared_edge(items, id, axis, end) {
  const {from, to, across: [start, stop], limit} = AXES[axis]
  const own = items.find((item) => item.id === id)
  const edge = own[AXES[axis][end]]
  const meet = (a, b) => a[start] < b[stop] && b[start] < a[stop]
  const before = new Set(end === 'to' ? [own] : [])
  const after = new Set(end === 'to' ? [] : [own])
  for (let n = -1; n !== before.size + after.size;) {
    n = before.size + after.size
    for (const item of items) {
      if (item[to] === edge && [...after].some((other) => meet(item, other))) { before.add(item) }
      if (item[from] === edge && [...before].some((other) => meet(item, other))) { after.add(item) }
    }
  }
  const rest = items.filter((item) => !before.has(item) && !after.has(item))
  const blocks = (side, ahead) => rest.filter((item) => ahead(item) && [...side].some((other) => meet(item, other)))
  const low = Math.max(0, ...[...before].map((item) => item[from] + LEAST_CELLS),
    ...blocks(after, (item) => item[to] <= edge).map((item) => item[to]))
  const high = Math.min(limit(), ...[...after].map((item) => item[to] - LEAST_CELLS),
    ...blocks(before, (item) => item[from] >= edge).map((item) => item[from]))
  return {edge, from, to, low, high, before: new Set([...before].map((item) => item.id)),
    after: new Set([...after].map((item) => item.id))}
}

function moved(items, {from, to, before, after}, place) {
  return items.map((item) => before.has(item.id) ? {...item, [to]: place}
    : after.has(item.id) ? {...item, [from]: place} : item)
}

function start_resize(event, id, axis, end) {
  if (event.button !== 0) { return }
  event.preventDefault()
  event.stopPropagation()
  const handle = event.currentTarget
  const line = shared_edge(state.read(), id, axis, end)
  const size = axis === 'x' ? handle.offsetParent.parentElement.clientWidth / data.ncols
    : state.gridstack.getCellHeight()
  const begin = event[AXES[axis].pointer]
  let last = line.edge
  const follow = (e) => {
    const wish = line.edge + Math.round((e[AXES[axis].pointer] - begin) / size)
    const place = Math.max(Math.min(wish, line.high), line.low)
    if (place === last) { return }
    last = place
    state.place(moved(state.read(), line, place))
  }
  const finish = () => {
    handle.removeEventListener('pointermove', follow)
    handle.removeEventListener('lostpointercapture', finish)
    state.scroller.classList.remove('resizing')
    state.report()
    view.invalidate_layout()
  }
  handle.setPointerCapture(event.pointerId)
  handle.addEventListener('pointermove', follow)
  handle.addEventListener('lostpointercapture', finish)
  state.scroller.classList.add('resizing')
}

// Show one pane alone, or all of them if `id` is null.
state.maximise = (id) => {
  const {scroller} = state
  if (state.maximised == null) { state.scrolled = scroller.scrollTop }
  state.maximised = id
  scroller.classList.toggle('has-maximised', id != null)
  for (const element of scroller.querySelectorAll('.grid-stack-item')) {
    const chosen = element.dataset.id === id
    element.classList.toggle('maximised', chosen)
    const button = element.querySelector('[data-action=maximise]')
    if (button == null) { continue }
    const tip = chosen ? 'Restore all panes' : 'Maximise this pane'
    button.title = tip
    button.setAttribute('aria-label', tip)
    button.setAttribute('aria-pressed', String(chosen))
  }
  scroller.scrollTop = id == null ? state.scrolled ?? 0 : 0
  view.invalidate_layout()
}
state.toggle_maximised = (id) => state.maximise(state.maximised === id ? null : id)

for (const element of state.scroller.querySelectorAll('.grid-stack-item')) {
  const {id} = element.dataset
  element.querySelector('.pane-head').addEventListener('dblclick', (event) => {
    if (!event.target.closest('button')) { state.toggle_maximised(id) }
  })
  for (const [name, [axis, end]] of Object.entries(HANDLES)) {
    const handle = document.createElement('div')
    handle.className = `splitter splitter-${name}`
    handle.addEventListener('pointerdown', (event) => start_resize(event, id, axis, end))
    element.append(handle)
  }
}

// The wheel scrolls the page over a plot too, unless the plot was clicked, or Ctrl is pressed: then it zooms.
const has_class = (name) => (element) => element.classList?.contains(name) ?? false
const canvas_in = (event) => event.composedPath().some(has_class('bk-events'))
const pane_of = (event) => event.composedPath().find(has_class('grid-stack-item'))?.dataset.id
if (state.enter == null) {
  state.enter = (event) => { state.entered = canvas_in(event) ? pane_of(event) : null }
  document.addEventListener('pointerdown', state.enter, true)
}
state.scroller.addEventListener('wheel', (event) => {
  if (canvas_in(event) && !event.ctrlKey && pane_of(event) !== state.entered) { event.stopPropagation() }
}, {capture: true, passive: true})
