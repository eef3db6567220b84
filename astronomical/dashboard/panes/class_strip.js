// The classes of a plot with their colours and numbers; a click hides a class or shows it again.
export function render({model, el}) {
  const strip = document.createElement('div')
  strip.className = 'strip'
  const note = document.createElement('span')
  note.className = 'note'
  el.append(strip, note)
  const scale = () => {
    const {title, low, high, colours, statistic} = model.bar
    if (title == null) { return [] }
    const bar = document.createElement('button')
    bar.type = 'button'
    bar.className = 'bar'
    bar.title = `Colour: ${statistic} of ${title} in each pixel. Click for the ${statistic === 'mean' ? 'max' : 'mean'}`
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
  // Where classes are out of sight the strip fades, and the wheel brings them.
  const fade = () => strip.classList.toggle('more', strip.scrollLeft + strip.clientWidth < strip.scrollWidth - 1)
  strip.addEventListener('scroll', fade)
  strip.addEventListener('wheel', (event) => {
    if (strip.scrollWidth <= strip.clientWidth || event.deltaX) { return }
    event.preventDefault()
    strip.scrollLeft += event.deltaY
  }, {passive: false})
  new ResizeObserver(fade).observe(strip)
  const tell = () => { note.textContent = model.note }
  model.on('entries', update)
  model.on('bar', update)
  model.on('note', tell)
  update()
  tell()
}
