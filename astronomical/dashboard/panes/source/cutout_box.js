// One cutout in a box of fixed shape: the image, a progress message, or why there is no image.
const SVG = 'http://www.w3.org/2000/svg'

export function render({model, el}) {
  const make = (tag, name, parent) => {
    const element = document.createElement(tag)
    if (name) { element.className = name }
    parent.append(element)
    return element
  }
  const figure = make('figure', 'cutout', el)
  const frame = make('div', 'frame', figure)
  // As large as the frame allows with the shape of the image, so that bar and marks are on the image.
  const plate = make('div', 'plate', frame)
  const image = make('img', 'sky', plate)
  image.draggable = false
  const mark = make('div', 'mark', plate)
  const compass = document.createElementNS(SVG, 'svg')
  compass.setAttribute('class', 'compass')
  compass.setAttribute('viewBox', '-20 -20 40 40')
  plate.append(compass)
  const bar = make('div', 'bar', plate)
  const length = make('span', 'length', bar)
  make('span', 'rule', bar)
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
  const retry = button('Retry', 'Request the image again', absent, 'retry')
  const caption = make('figcaption', 'caption', figure)
  const title = make('a', 'title', caption)
  title.target = '_blank'
  title.rel = 'noopener noreferrer'
  const scale = make('span', 'scale', caption)
  const zoom_out = button('−', 'Zoom out', caption, 'out')
  const zoom_in = button('+', 'Zoom in', caption, 'in')

  // Two short lines from a corner that point north and east, each with its letter.
  const point = (letter, degrees) => {
    const [x, y] = [Math.sin(degrees * Math.PI / 180), -Math.cos(degrees * Math.PI / 180)]
    const line = document.createElementNS(SVG, 'line')
    Object.entries({x1: 0, y1: 0, x2: 10 * x, y2: 10 * y}).forEach(([name, value]) => line.setAttribute(name, value))
    const text = document.createElementNS(SVG, 'text')
    text.setAttribute('x', 15 * x)
    text.setAttribute('y', 15 * y)
    text.textContent = letter
    compass.append(line, text)
  }
  const update = () => {
    const shown = model.shown
    frame.dataset.state = shown.state
    if (shown.state === 'image') { image.src = shown.src } else { image.removeAttribute('src') }
    image.alt = shown.alt || ''
    plate.style.setProperty('--ratio', shown.ratio || 1)
    plate.classList.toggle('shapeless', shown.ratio === null)
    mark.hidden = Boolean(shown.plain)
    bar.hidden = !shown.bar
    bar.style.width = `${100 * (shown.bar || {share: 0}).share}%`
    length.textContent = (shown.bar || {}).text || ''
    compass.replaceChildren()
    if (shown.compass) { point('N', shown.compass[0]); point('E', shown.compass[1]) }
    reason.textContent = shown.reason || ''
    retry.hidden = !shown.retry
    title.textContent = shown.title || ''
    title.title = [shown.credit, shown.page ? 'Open the web page of the survey in a new tab' : ''].filter(Boolean).join('. ')
    if (shown.page) { title.href = shown.page } else { title.removeAttribute('href') }
    scale.textContent = scale.title = shown.scale || ''
    zoom_in.hidden = zoom_out.hidden = !shown.zooms
    zoom_in.disabled = !shown.zoom_in
    zoom_out.disabled = !shown.zoom_out
  }
  model.on('shown', update)
  update()
}
