// The parts of something, one of which is shown; arrows move between them.
export function render({model, el}) {
  const strip = document.createElement('div')
  strip.className = 'tabs'
  strip.setAttribute('role', 'tablist')
  el.append(strip)
  const choose = (name) => model.send_msg({name})
  const update = () => {
    const {names, chosen} = model.shown
    const focused = strip.contains(el.getRootNode().activeElement)
    strip.replaceChildren(...names.map((name, i) => {
      const tab = document.createElement('button')
      tab.type = 'button'
      tab.className = 'tab'
      tab.textContent = name
      tab.setAttribute('role', 'tab')
      tab.setAttribute('aria-selected', String(name === chosen))
      tab.tabIndex = name === chosen ? 0 : -1
      tab.addEventListener('click', () => choose(name))
      tab.addEventListener('keydown', (event) => {
        const step = {ArrowRight: 1, ArrowLeft: -1}[event.key]
        if (!step) { return }
        event.preventDefault()
        event.stopPropagation()
        choose(names[(i + step + names.length) % names.length])
      })
      if (focused && name === chosen) { setTimeout(() => tab.focus()) }
      return tab
    }))
    strip.hidden = names.length < 2
  }
  model.on('shown', update)
  update()
}
