// The available surveys, with the selected ones first, and fields to add others. Nothing is saved before Apply.
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
    list.children[at(rows[to])].querySelector(to < from ? '.up' : '.down').focus()
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
      const about = make('span', 'about', label)
      const tell = () => { about.textContent = about.title = row.about + fitsText(row) }
      tell()
      if (row.fits !== 'no') {
        const open = button('look', 'FITS…', `Display settings of ${row.survey.name}`, item, () => {
          row.open = !row.open
          show()
          const again = list.children[at(row)]
          again.querySelector('.look').focus()
          again.nextSibling?.scrollIntoView({block: 'nearest'})
        })
        open.setAttribute('aria-expanded', String(Boolean(row.open)))
      }
      item.dataset.survey = row.survey.name
      button('up', '↑', `Move ${row.survey.name} up`, item, () => move(i, i - 1)).disabled = i === 0
      button('down', '↓', `Move ${row.survey.name} down`, item, () => move(i, i + 1)).disabled = i === rows.length - 1
      if (row.open) { looks(row, tell) }
    })
  }
  // Text about a row after its kind.
  const fitsText = ({fits, survey, look}) => fits === 'no' || (fits === 'ask' && survey.format !== 'fits') ? ''
    : `, ${fits === 'ask' ? 'FITS' : 'FITS, if available'}: ${look.stretch}, ${look.interval}, ${look.colour_map}`
  // The settings of a row: what is requested, and how it is displayed.
  const looks = (row, tell) => {
    const line = make('li', 'looks', list)
    const choice = (title, values, chosen, change) => {
      const label = make('label', '', line, title)
      const select = make('select', '', label)
      select.setAttribute('aria-label', `${row.survey.name}: ${title}`)
      for (const [value, text] of values) {
        const option = make('option', '', select, text)
        option.value = value
      }
      select.value = chosen
      select.addEventListener('change', () => { change(select.value); row.on = true; tell(); able() })
      return select
    }
    if (row.fits === 'ask') {
      choice('Image', [['', 'ready-made'], ['fits', 'FITS']], row.survey.format === 'fits' ? 'fits' : '', (value) => {
        if (value) { row.survey.format = value } else { delete row.survey.format }
      })
    }
    const drawn = model.shown.looks.map(([key, title, values]) => choice(title, values, row.look[key], (value) => {
      row.look = {...row.look, [key]: value}
      row.survey.look = row.look
    }))
    const able = () => {
      drawn.forEach((select) => { select.disabled = row.fits === 'ask' && row.survey.format !== 'fits' })
      line.previousSibling.querySelector('input').checked = row.on
    }
    make('span', 'explain', line, 'The colour map applies to FITS images of one band. Three bands are shown in blue, green and red.')
    able()
  }
  const at = (row) => [...list.children].findIndex((item) => item.dataset.survey === row.survey.name)
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
      const survey = made(values)
      rows.push({survey, about: values[1], on: true, fits: model.shown.fits[survey.kind], look: model.shown.plain})
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
  make('p', 'explain', el, 'Cutouts are shown in this order. An address contains {ra} and {dec} in degrees and, if needed, '
    + '{size} (arcsec), {scale} (arcsec per pixel) and {pixels}.')
  const wrong = make('p', 'wrong', el)
  wrong.setAttribute('role', 'alert')
  const foot = make('div', 'foot', el)
  const chosen = () => rows.filter((row) => row.on).map((row) => row.survey)
  const apply = make('button', 'apply', foot, 'Apply')
  apply.type = 'button'
  apply.addEventListener('click', () => model.send_msg({event: 'apply', surveys: chosen()}))
  const close = make('button', 'close leave', foot, 'Cancel')
  close.type = 'button'
  close.addEventListener('click', () => model.send_msg({event: 'close', surveys: []}))
  const update = () => {
    rows = model.shown.rows.map((row) => ({...row, survey: {...row.survey}}))
    show()
  }
  const complain = () => { wrong.textContent = model.problem.text }
  model.on('shown', update)
  model.on('problem', complain)
  update()
  complain()
}
