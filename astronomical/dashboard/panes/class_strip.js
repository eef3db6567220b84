// The classes of a plot with their colours and numbers; a click hides a class or shows it again.
export function render({model, el}) {
  const strip = document.createElement('div')
  strip.className = 'strip'
  const note = document.createElement('span')
  note.className = 'note'
  el.append(strip, note)
  const update = () => {
    strip.replaceChildren(...model.entries.map(({name, count, short, colour, shown}) => {
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
  }
  const tell = () => { note.textContent = model.note }
  model.on('entries', update)
  model.on('note', tell)
  update()
  tell()
}
