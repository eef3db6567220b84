// One cutout in a box of fixed shape: an image, that it is on its way, or why there is none.
export function render({model, el}) {
  const make = (tag, name, parent) => {
    const element = document.createElement(tag)
    if (name) { element.className = name }
    parent.append(element)
    return element
  }
  const figure = make('figure', 'cutout', el)
  const frame = make('div', 'frame', figure)
  const image = make('img', 'sky', frame)
  image.draggable = false
  make('div', 'mark', frame)
  const field = make('span', 'field', frame)
  field.title = 'Width of the image'
  const waiting = make('div', 'message waiting', frame)
  make('span', 'spinner', waiting)
  make('span', '', waiting).textContent = 'Loading…'
  const absent = make('div', 'message absent', frame)
  const reason = make('span', 'reason', absent)
  const button = (text, tip, parent, event) => {
    const element = make('button', event, parent)
    element.type = 'button'
    element.textContent = text
    element.title = tip
    element.setAttribute('aria-label', tip)
    element.addEventListener('click', () => model.send_msg({event}))
    return element
  }
  const retry = button('Retry', 'Ask the survey again', absent, 'retry')
  const caption = make('figcaption', 'caption', figure)
  const title = make('span', 'title', caption)
  const scale = make('span', 'scale', caption)
  const zoom_out = button('−', 'Zoom out', caption, 'out')
  const zoom_in = button('+', 'Zoom in', caption, 'in')

  const update = () => {
    const shown = model.shown
    frame.dataset.state = shown.state
    if (shown.state === 'image') { image.src = shown.src } else { image.removeAttribute('src') }
    field.textContent = shown.field || ''
    image.alt = shown.alt || ''
    reason.textContent = shown.reason || ''
    retry.hidden = !shown.retry
    title.textContent = shown.title || ''
    title.title = shown.credit || ''
    scale.textContent = shown.scale || ''
    zoom_in.disabled = !shown.zoom_in
    zoom_out.disabled = !shown.zoom_out
  }
  model.on('shown', update)
  update()
}
