// Tabs, one of which is selected. The arrow keys move between them, Home and End go to the first and the last.
// Where not all of them fit, a button at each end with more tabs moves along the row; keys need no such button.
export function render({model, el}) {
  const strip = document.createElement('div')
  strip.className = 'tabs'
  strip.setAttribute('role', 'tablist')
  const make_mover = (text, direction) => {
    const mover = document.createElement('button')
    mover.type = 'button'
    mover.className = 'mover'
    mover.textContent = text
    mover.title = 'More tabs'
    mover.tabIndex = -1
    mover.setAttribute('aria-hidden', 'true')
    mover.addEventListener('click', () => strip.scrollBy({left: direction * strip.clientWidth * 0.6}))
    return mover
  }
  const back = make_mover('‹', -1), on = make_mover('›', 1)
  const row = document.createElement('div')
  row.className = 'row'
  row.append(back, strip, on)
  el.append(row)
  const show_movers = () => {
    const left = Math.round(strip.scrollLeft), hidden = strip.scrollWidth - row.clientWidth
    back.hidden = hidden <= 1 || left <= 1
    on.hidden = hidden <= 1 || left >= strip.scrollWidth - strip.clientWidth - 1
  }
  const show_selected = () => {
    const tab = strip.querySelector('[aria-selected=true]')
    if (tab === null) { return }
    const seen = strip.getBoundingClientRect(), box = tab.getBoundingClientRect()
    strip.scrollLeft += Math.min(box.left - seen.left, 0) + Math.max(box.right - seen.right, 0)
  }
  strip.addEventListener('scroll', show_movers)
  const watcher = new ResizeObserver(show_movers)
  watcher.observe(row)
  model.on('remove', () => watcher.disconnect())
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
    row.hidden = names.length < 2
    show_selected()
    show_movers()
  }
  model.on('shown', update)
  update()
}
