// Tabs, one of which is selected. The arrow keys move between them, Home and End go to the first and the last.
export function render({model, el}) {
  const strip = document.createElement('div')
  strip.className = 'tabs'
  strip.setAttribute('role', 'tablist')
  el.append(strip)
  const choose = (name) => model.send_msg({name})
  const make_tab = (name, i, names) => {
    const tab = document.createElement('button')
    tab.type = 'button'
    tab.className = 'tab'
    tab.textContent = name
    tab.setAttribute('role', 'tab')
    tab.addEventListener('click', () => choose(name))
    tab.addEventListener('keydown', (event) => {
      const place = {ArrowRight: i + 1, ArrowLeft: i - 1, Home: 0, End: names.length - 1}[event.key]
      if (place === undefined) { return }
      event.preventDefault()
      event.stopPropagation()
      const next = (place + names.length) % names.length
      strip.children[next].focus()
      choose(names[next])
    })
    return tab
  }
  let made = []
  const update = () => {
    const {names, chosen} = model.shown
    const rebuilt = names.length !== made.length || names.some((name, i) => name !== made[i])
    const focused = strip.contains(el.getRootNode().activeElement)
    if (rebuilt) {
      strip.replaceChildren(...names.map(make_tab))
      made = names
    }
    for (const tab of strip.children) {
      const selected = tab.textContent === chosen
      tab.setAttribute('aria-selected', String(selected))
      tab.tabIndex = selected ? 0 : -1
      if (rebuilt && focused && selected) { setTimeout(() => tab.focus()) }
    }
    strip.hidden = names.length < 2
  }
  model.on('shown', update)
  update()
}
