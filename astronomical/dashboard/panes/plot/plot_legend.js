// The classes of a plot with their colours and counts. A click hides or shows a class.
const ACTIONS = [
  ['label', 'Label…', 'Label all selected sources, after confirmation'],
  ['list', 'List', 'List the selected sources in a table'],
  ['sheet', 'Images', 'Show the images of the selected sources in a contact sheet'],
  ['subset', 'Subset…', 'Save the selected sources, or the lasso around them, as a named subset'],
  ['send', 'Send', 'Send the selected sources to TOPCAT, Aladin and other programs by SAMP'],
]

export function render({model, el}) {
  const strip = document.createElement('div')
  strip.className = 'strip'
  const note = document.createElement('span')
  note.className = 'note'
  const line = document.createElement('div')
  line.className = 'line'
  const selected = document.createElement('span')
  selected.className = 'selected'
  const count = document.createElement('b')
  count.title = 'Esc clears the selection'
  selected.append(count, ...ACTIONS.map(([name, text, tip]) => {
    const button = document.createElement('button')
    button.type = 'button'
    button.textContent = text
    button.title = tip
    button.addEventListener('click', () => model.send_msg({selection: name}))
    return button
  }))
  line.append(strip, selected)
  el.append(line, note)
  const scale = () => {
    const {title, low, high, colours, statistic} = model.bar
    if (title == null) { return [] }
    const bar = document.createElement('button')
    bar.type = 'button'
    bar.className = 'bar'
    bar.title = `Colour: ${statistic} of ${title} in each pixel. Click to show the ${statistic === 'mean' ? 'max' : 'mean'}`
    const ramp = document.createElement('span')
    ramp.className = 'ramp'
    ramp.style.background = `linear-gradient(90deg, ${colours.join(', ')})`
    bar.append(`${statistic} ${title}`, low, ramp, high)
    bar.addEventListener('click', () => model.send_msg({statistic: true}))
    return [bar]
  }
  const update = () => {
    strip.replaceChildren(...scale(), ...model.entries.map(({name, count, short, colour, shown}) => {
      const entry = document.createElement('button')
      entry.type = 'button'
      entry.className = 'entry'
      entry.setAttribute('aria-pressed', String(shown))
      entry.title = `${name}: ${count}. Click to ${shown ? 'hide' : 'show'}`
      const dot = document.createElement('span')
      dot.className = 'dot'
      dot.style.background = colour
      const text = document.createElement('span')
      text.className = 'name'
      text.textContent = name
      const number = document.createElement('span')
      number.className = 'count'
      number.textContent = short
      entry.append(dot, text, number)
      entry.addEventListener('click', () => model.send_msg({name}))
      return entry
    }))
    requestAnimationFrame(() => fade())
  }
  // If some classes are not visible, the edge of the strip fades. The wheel scrolls to them.
  const fade = () => strip.classList.toggle('more', strip.scrollLeft + strip.clientWidth < strip.scrollWidth - 1)
  strip.addEventListener('scroll', fade)
  strip.addEventListener('wheel', (event) => {
    if (strip.scrollWidth <= strip.clientWidth || event.deltaX) { return }
    event.preventDefault()
    strip.scrollLeft += event.deltaY
  }, {passive: false})
  new ResizeObserver(fade).observe(strip)
  const tell_selected = () => {
    selected.hidden = model.n_selected === 0
    count.textContent = `${model.n_selected.toLocaleString('en')} selected`
    requestAnimationFrame(() => fade())
  }
  model.on('n_selected', tell_selected)
  const tell = () => { note.textContent = model.note }
  model.on('entries', update)
  model.on('bar', update)
  model.on('note', tell)
  update()
  tell()
  tell_selected()
}
