// A contact sheet: choices in its head, and a grid of tiles with a cursor, which is the selected source.
//
// While the grid has the focus, the arrow keys move the cursor, and keys label the selected source like everywhere (see
// keys.js). A key is refused until the source at the cursor is the selected one.

// The cursor may move several times before the page follows, for example while an arrow key is held down.
const SETTLE_MS = 80
const MOVES = {ArrowLeft: -1, ArrowRight: 1, Home: -Infinity, End: Infinity}

export function render({model, el}) {
  const make = (tag, name, parent) => {
    const element = document.createElement(tag)
    if (name) { element.className = name }
    parent.append(element)
    return element
  }
  const sheet = make('div', 'sheet', el)
  const head = make('div', 'head', sheet)
  const search = make('div', 'head search', sheet)
  const note = make('div', 'note', sheet)
  note.setAttribute('role', 'status')
  const grid = make('div', 'grid', sheet)
  grid.tabIndex = 0
  grid.setAttribute('role', 'grid')
  grid.setAttribute('aria-label', 'Sources')

  let n = null
  let tiles = new Map()
  let cursor = ''
  let timer = null
  // Number of images of this list that were received; they are numbered, because a page that is being built misses some.
  let n_images = 0

  const button = (text, tip, parent, event) => {
    const element = make('button', event, parent)
    element.type = 'button'
    element.textContent = text
    element.title = tip
    element.addEventListener('click', () => model.send_msg({event}))
    return element
  }
  const select = ({name, title, tip, value, options}, parent) => {
    const label = make('label', name, parent)
    label.append(title)
    label.title = tip
    const list = make('select', '', label)
    list.setAttribute('aria-label', title)
    list.append(...options.map(([key, text]) => new Option(text, key, false, key === value)))
    list.addEventListener('change', () => model.send_msg({event: 'choose', name, value: list.value}))
  }
  const open_ids = () => [...tiles.values()].filter(({shown}) => !shown.answered).map(({shown}) => shown.id)
  const has_focus = () => el.isConnected && grid.getRootNode().activeElement === grid

  const show_head = () => {
    const {choices, similar, finds, classes, retry} = model.head
    head.replaceChildren()
    choices.forEach((choice) => select(choice, head))
    button('Update', 'List the sources again, and request their images again', head, 'update')
    button('Retry images', 'Request the images again that could not be loaded', head, 'retry').hidden = !retry
    const all = make('select', 'all', head)
    all.title = 'Label all sources shown that have no answer, after confirmation (Shift and the digit of a class)'
    all.setAttribute('aria-label', 'Label all shown')
    all.append(new Option('Label all shown…', ''), ...classes.map(([name, title]) => new Option(title, name)))
    all.disabled = classes.length === 0
    all.addEventListener('change', () => {
      if (all.value) { model.send_msg({event: 'all', label: all.value, ids: open_ids()}) }
      all.value = ''
    })
    search.replaceChildren()
    search.hidden = similar.length === 0
    similar.forEach((choice) => select(choice, search))
    button('Find', 'Search for similar sources', search, 'find').disabled = !finds
    show_note()
  }
  const show_note = () => {
    const lost = has_focus() && tiles.size > 0 && !tiles.has(cursor)
    note.textContent = lost ? 'The selected source is not in this sheet: click a tile to label it with keys.' : model.head.note
    note.title = note.textContent
  }

  const show_tile = (tile, shown) => {
    tile.shown = shown
    tile.element.title = shown.tip
    tile.element.setAttribute('aria-label', [shown.id, shown.p, shown.answer].filter(Boolean).join(', '))
    tile.name.textContent = shown.id
    tile.p.textContent = shown.p
    tile.answer.textContent = shown.answer
    tile.answer.hidden = !shown.answer
    tile.answer.style.background = shown.colour || ''
    tile.answer.style.color = shown.ink || ''
  }
  const make_tile = (shown) => {
    const element = make('div', 'tile', grid)
    element.setAttribute('role', 'gridcell')
    element.dataset.id = shown.id
    const picture = make('div', 'picture', element)
    const content = make('div', 'content', picture)
    content.style.height = '100%'
    const answer = make('div', 'answer', picture)
    const caption = make('div', 'caption', element)
    const tile = {element, content, answer, name: make('span', 'name', caption), p: make('span', 'p', caption)}
    element.addEventListener('click', () => { move_to(shown.id, 0) })
    show_tile(tile, shown)
    return tile
  }
  const show_tiles = () => {
    if (model.tiles.n === n) {
      model.tiles.tiles.forEach((shown) => show_tile(tiles.get(shown.id), shown))
    } else {
      n = model.tiles.n
      n_images = 0
      grid.replaceChildren()
      tiles = new Map(model.tiles.tiles.map((shown) => [shown.id, make_tile(shown)]))
      mark()
      show_images()
    }
    show_note()
  }
  const show_image = (tile, {src, reason}) => {
    const shown = document.createElement(src ? 'img' : 'span')
    if (src) {
      shown.src = src
      shown.alt = `Image of ${tile.shown.id}`
      shown.draggable = false
    } else {
      shown.className = 'reason'
      shown.textContent = reason
      shown.title = reason
    }
    tile.content.replaceChildren(shown)
  }
  const show_images = () => {
    const {n: of, start, images} = model.arrived
    if (of !== n) { return }
    if (start > n_images) { model.send_msg({event: 'again'}); return }
    n_images = start + images.length
    images.forEach(([id, image]) => { if (tiles.has(id)) { show_image(tiles.get(id), image) } })
  }

  // -- cursor --------------------------------------------------------------------------------------

  const mark = () => {
    for (const [id, {element}] of tiles) { element.setAttribute('aria-selected', String(id === cursor)) }
    tiles.get(cursor)?.element.scrollIntoView({block: 'nearest'})
  }
  // A label counts only when the source at the cursor was on the screen for a moment.
  const put_cursor = (id) => {
    if (id === cursor) { return }
    cursor = id
    mark()
    window.dispatchEvent(new CustomEvent('astronomical-source'))
    show_note()
  }
  const move_to = (id, after_ms) => {
    put_cursor(id)
    clearTimeout(timer)
    timer = setTimeout(() => {
      timer = null
      if (cursor !== model.cursor) { model.send_msg({event: 'go', id: cursor}) }
    }, after_ms)
  }
  const follow = () => {
    if (timer == null) { put_cursor(model.cursor) }
  }
  const on_keydown = (event) => {
    if (event.ctrlKey || event.altKey || event.metaKey || tiles.size === 0) { return }
    const digit = /^Digit[0-9]$/.test(event.code) ? event.code.slice(-1) : ''
    // Where digits need Shift, as on French keyboards, such a key is a plain digit.
    if (event.shiftKey && digit && !/^[0-9]$/.test(event.key) && !event.repeat && !event.defaultPrevented) {
      event.preventDefault()
      model.send_msg({event: 'all', key: digit, ids: open_ids()})
      return
    }
    const n_columns = getComputedStyle(grid).gridTemplateColumns.split(' ').length
    const step = {...MOVES, ArrowUp: -n_columns, ArrowDown: n_columns}[event.key]
    if (step === undefined || event.shiftKey) { return }
    event.preventDefault()
    const ids = [...tiles.keys()]
    const place = ids.indexOf(cursor)
    const wanted = place < 0 ? 0 : place + step
    if (Math.abs(step) === n_columns && (wanted < 0 || wanted >= ids.length)) { return }
    move_to(ids[Math.min(Math.max(wanted, 0), ids.length - 1)], SETTLE_MS)
  }
  const on_label = (event) => {
    if (has_focus() && tiles.size > 0 && (event.detail.source !== cursor || !tiles.has(cursor))) {
      event.preventDefault()
    }
  }
  const tell = (on) => {
    model.send_msg({event: 'keyboard', on})
    show_note()
  }
  grid.addEventListener('keydown', on_keydown)
  grid.addEventListener('focus', () => tell(true))
  grid.addEventListener('blur', () => tell(false))
  window.addEventListener('astronomical-label', on_label, true)
  model.on('remove', () => {
    clearTimeout(timer)
    window.removeEventListener('astronomical-label', on_label, true)
  })
  model.on('head', show_head)
  model.on('tiles', show_tiles)
  model.on('cursor', follow)
  model.on('arrived', show_images)
  show_head()
  show_tiles()
  follow()
}
