// Redshift, smoothing and medium of a spectrum. While a slider moves, its value is sent at intervals.
const WAIT_MS = 40

export function render({model, el}) {
  const make = (tag, name, parent) => {
    const element = document.createElement(tag)
    if (name) { element.className = name }
    parent.append(element)
    return element
  }
  const bar = make('div', 'controls', el)
  const timers = {}
  const send = (event, value, now) => {
    clearTimeout(timers[event])
    if (now) { model.send_msg({event, value}) } else { timers[event] = setTimeout(() => model.send_msg({event, value}), WAIT_MS) }
  }
  const field = (text, tip, type, options) => {
    const label = make('label', `field ${type}`, bar)
    label.title = tip
    make('span', '', label).textContent = text
    const input = make('input', '', label)
    input.type = type
    Object.assign(input, options)
    return input
  }
  const slider = field('z', 'Redshift of the lines', 'range', {min: -0.01, max: model.max_redshift, step: 0.0005})
  slider.setAttribute('aria-label', 'Redshift slider')
  slider.parentElement.classList.add('wide')
  const typed = make('input', 'typed', bar)
  Object.assign(typed, {type: 'number', min: -0.01, max: model.max_redshift, step: 0.0001})
  typed.setAttribute('aria-label', 'Redshift')
  typed.title = 'Redshift'
  const reset = make('button', 'reset', bar)
  reset.type = 'button'
  reset.textContent = 'Reset'
  reset.title = 'Reset to the redshift of the catalogue or of the file'
  const smoothing = field('Smooth', 'Standard deviation of the smoothing Gaussian, in pixels', 'range', {min: 0, max: 20, step: 0.5})
  const medium = make('select', 'medium', bar)
  medium.title = 'Wavelengths in vacuum or in air; auto: as given in the file'
  medium.setAttribute('aria-label', medium.title)
  for (const name of ['auto', 'vacuum', 'air']) {
    const option = make('option', '', medium)
    option.value = option.textContent = name
  }
  slider.addEventListener('input', () => { typed.value = Number(slider.value).toFixed(4); send('redshift', Number(slider.value)) })
  typed.addEventListener('change', () => {
    if (Number.isFinite(typed.valueAsNumber)) { send('redshift', typed.valueAsNumber, true) }
  })
  smoothing.addEventListener('input', () => send('smoothing', Number(smoothing.value)))
  medium.addEventListener('change', () => model.send_msg({event: 'medium', value: medium.value}))
  reset.addEventListener('click', () => model.send_msg({event: 'reset', value: 0}))
  const update = () => {
    const {redshift, smoothing: width, medium: chosen} = model.shown
    const active = el.getRootNode().activeElement
    if (active !== slider) { slider.value = redshift }
    if (active !== typed) { typed.value = redshift.toFixed(4) }
    if (active !== smoothing) { smoothing.value = width }
    medium.value = chosen
  }
  model.on('shown', update)
  update()
}
