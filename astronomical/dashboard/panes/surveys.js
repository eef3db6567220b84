// The surveys on offer, those that are shown first and ticked, and fields for others; nothing is kept before Apply.
export function render({model, el}) {
  const make = (tag, name, parent, text) => {
    const element = document.createElement(tag)
    if (name) { element.className = name }
    if (text) { element.textContent = text }
    parent.append(element)
    return element
  }
  const button = (name, text, tip, parent, action) => {
    const element = make('button', name, parent, text)
    element.type = 'button'
    element.title = tip
    element.setAttribute('aria-label', tip)
    element.addEventListener('click', action)
    return element
  }
  let rows = []
  const list = make('ul', 'surveys', el)
  const move = (from, to) => {
    rows.splice(to, 0, ...rows.splice(from, 1))
    show()
    list.children[to].querySelector(to < from ? '.up' : '.down').focus()
  }
  const show = () => {
    list.replaceChildren()
    rows.forEach((row, i) => {
      const item = make('li', '', list)
      const label = make('label', '', item)
      const box = make('input', '', label)
      box.type = 'checkbox'
      box.checked = row.on
      box.addEventListener('change', () => { row.on = box.checked })
      make('b', '', label, row.survey.name)
      make('span', 'about', label, row.about).title = row.about
      button('up', '↑', `Move ${row.survey.name} up`, item, () => move(i, i - 1)).disabled = i === 0
      button('down', '↓', `Move ${row.survey.name} down`, item, () => move(i, i + 1)).disabled = i === rows.length - 1
    })
  }
  const adder = (title, fields, made) => {
    const form = make('form', 'adder', el)
    form.setAttribute('aria-label', title)
    make('span', 'title', form, title)
    const inputs = fields.map(([name, hint, kind]) => {
      const input = make('input', kind, form)
      input.type = 'text'
      input.placeholder = hint
      input.spellcheck = false
      input.setAttribute('aria-label', `${title}: ${name}`)
      return input
    })
    make('button', 'add', form, 'Add').type = 'submit'
    form.addEventListener('submit', (event) => {
      event.preventDefault()
      const values = inputs.map((input) => input.value.trim())
      const missing = inputs.find((input, i) => values[i] === '' && !input.classList.contains('optional'))
      if (missing) { missing.focus(); return }
      rows.push({survey: made(values), about: values[1], on: true})
      inputs.forEach((input) => { input.value = '' })
      show()
      list.lastChild.scrollIntoView({block: 'nearest'})
    })
  }
  adder('Any HiPS', [['name', 'Name', 'short'], ['id', 'CDS/P/2MASS/color', 'long']],
    ([name, layer]) => ({name, kind: 'hips', layer}))
  adder('By address', [['name', 'Name', 'short'],
    ['address', 'https://…?ra={ra}&dec={dec}&size={size}', 'long'], ['arcsec per pixel', '″/px', 'tiny optional']],
  ([name, url, scale]) => ({name, kind: 'template', url, ...(scale ? {scale_arcsec: scale} : {})}))
  make('p', 'explain', el, 'The order here is that on the screen. An address holds {ra} and {dec} in degrees and, as it '
    + 'needs, {size} (arcsec), {scale} (arcsec per pixel) and {pixels}.')
  const wrong = make('p', 'wrong', el)
  wrong.setAttribute('role', 'alert')
  const foot = make('div', 'foot', el)
  const chosen = () => rows.filter((row) => row.on).map((row) => row.survey)
  const apply = make('button', 'apply', foot, 'Apply')
  apply.type = 'button'
  apply.addEventListener('click', () => model.send_msg({event: 'apply', surveys: chosen()}))
  const close = make('button', 'close', foot, 'Cancel')
  close.type = 'button'
  close.addEventListener('click', () => model.send_msg({event: 'close', surveys: []}))
  const update = () => {
    rows = model.shown.rows.map((row) => ({...row}))
    show()
  }
  const complain = () => { wrong.textContent = model.problem.text }
  model.on('shown', update)
  model.on('problem', complain)
  update()
  complain()
}
