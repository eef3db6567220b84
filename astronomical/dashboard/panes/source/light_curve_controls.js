// Folding of a light curve, its period, its seasons, and its bands. While the slider moves, its value is sent at intervals.
const WAIT_MS = 40
// The slider changes the period by up to this share.
const SHARE = 0.02

export function render({model, el}) {
  const make = (tag, name, parent, text) => {
    const element = document.createElement(tag)
    if (name) { element.className = name }
    if (text) { element.textContent = text }
    parent.append(element)
    return element
  }
  const bar = make('div', 'controls', el)
  let timer
  const send = (event, value, wait) => {
    clearTimeout(timer)
    if (wait) { timer = setTimeout(() => model.send_msg({event, value}), WAIT_MS) } else { model.send_msg({event, value}) }
  }
  const button = (text, tip, event, value) => {
    const element = make('button', '', folding, text)
    Object.assign(element, {type: 'button', title: tip})
    element.setAttribute('aria-label', tip)
    element.addEventListener('click', () => send(event, value))
    return element
  }
  const label = make('label', 'field', bar)
  label.title = 'Show the phase instead of the time, over two periods'
  const fold = make('input', '', label)
  fold.type = 'checkbox'
  make('span', '', label, 'Fold')
  const folding = make('div', 'folding', bar)
  const typed = make('input', 'typed', folding)
  Object.assign(typed, {type: 'number', min: 0, step: 'any', title: 'Period in days'})
  typed.setAttribute('aria-label', 'Period in days')
  make('span', '', folding, 'd')
  button('×2', 'Double the period', 'scale', 2)
  button('×½', 'Halve the period', 'scale', 0.5)
  const slider = make('input', '', folding)
  Object.assign(slider, {type: 'range', min: -1, max: 1, step: 0.002, value: 0, title: 'Change the period by up to 2 %'})
  slider.setAttribute('aria-label', 'Change the period')
  const reset = button('Reset', 'Reset to the period of the catalogue', 'reset', 0)
  const find = button('Find', 'Search for the period by the Lomb-Scargle periodogram', 'find', 0)
  const season = make('select', '', bar)
  season.title = 'Show one season only'
  season.setAttribute('aria-label', 'Season')
  season.addEventListener('change', () => send('season', Number(season.value)))
  const bands = make('div', 'bands', bar)
  fold.addEventListener('change', () => send('fold', fold.checked))
  typed.addEventListener('change', () => { if (typed.valueAsNumber > 0) { send('period', typed.valueAsNumber) } })
  slider.addEventListener('input', () => send('nudge', 1 + SHARE * Number(slider.value), true))
  const update = () => {
    const {folded, period, nudged, known, searching, chips, seasons} = model.shown
    const active = el.getRootNode().activeElement
    fold.checked = folded
    folding.style.display = folded ? '' : 'none'
    if (active !== typed) { typed.value = period ? String(Number(period.toPrecision(9))) : '' }
    if (active !== slider) { slider.value = (nudged - 1) / SHARE }
    slider.disabled = !period
    reset.disabled = !known
    find.disabled = searching
    find.textContent = searching ? 'Searching…' : 'Find'
    season.style.display = seasons.length ? '' : 'none'
    season.replaceChildren()
    for (const [value, text] of [[-1, 'All seasons'], ...seasons.map((name, number) => [number, `Season ${name}`])]) {
      make('option', '', season, text).value = value
    }
    season.value = model.shown.season
    bands.replaceChildren()
    for (const chip of chips) {
      const element = make('button', 'band', bands)
      element.type = 'button'
      element.title = 'Show or hide this band'
      element.setAttribute('aria-pressed', String(chip.on))
      const dot = make('span', 'dot', element)
      dot.style.background = chip.colour
      make('span', '', element, chip.name)
      element.addEventListener('click', () => send('band', chip.name))
    }
  }
  model.on('shown', update)
  update()
}
