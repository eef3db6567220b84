// Conditions joined by AND, one line each. Only complete conditions are sent; incomplete ones stay on the page.
const WAIT_MS = 250

export function render({model, el}) {
  const make = (tag, name, parent) => {
    const element = document.createElement(tag)
    if (name) { element.className = name }
    parent?.append(element)
    return element
  }
  const list = make('div', 'lines', el)
  const foot = make('div', 'foot', el)
  const add = make('button', 'add', foot)
  add.type = 'button'
  add.textContent = 'Add a condition'
  const count = make('span', 'count', foot)
  count.setAttribute('role', 'status')
  let lines = []
  let timer = null
  let sent = null

  const subject = (line) => model.subjects.find(({value}) => value === line.subject)
  const needs = (line) => line.operator === 'between' ? 2 : line.operator.endsWith('missing') ? 0 : 1
  const number = (text) => text.trim() === '' || Number.isNaN(Number(text)) ? null : Number(text)
  const whole = (line) => {
    const {about, column, numeric} = subject(line)
    const made = {about, column, operator: line.operator, value: null, high: null}
    if (needs(line) === 0) { return made }
    made.value = numeric ? number(line.value) : line.value.trim() || null
    if (needs(line) === 2) { made.high = number(line.high) }
    return made.value === null || (needs(line) === 2 && made.high === null) ? null : made
  }
  const wholes = () => lines.map(whole).filter((made) => made !== null)
  const same = (one, other) => JSON.stringify(one) === JSON.stringify(other)
  const send = () => {
    clearTimeout(timer)
    if (!same(wholes(), sent ?? model.criteria)) {
      sent = wholes()
      model.send_msg({criteria: sent})
    }
  }
  const later = () => { clearTimeout(timer); timer = setTimeout(send, WAIT_MS) }

  const choice = (parent, label, options, value, chosen) => {
    const select = make('select', '', parent)
    select.setAttribute('aria-label', label)
    for (const [key, text] of options) {
      const option = make('option', '', select)
      option.value = key
      option.textContent = text
    }
    select.value = value
    select.addEventListener('change', () => chosen(select.value))
    return select
  }
  const field = (parent, line, key, label) => {
    const input = make('input', '', parent)
    const {numeric} = subject(line)
    input.type = 'text'
    input.spellcheck = false
    input.value = line[key]
    input.placeholder = numeric ? 'number' : 'text'
    input.setAttribute('aria-label', label)
    const check = () => input.setAttribute('aria-invalid', numeric && input.value.trim() !== '' && number(input.value) === null)
    input.addEventListener('input', () => { line[key] = input.value; check(); later() })
    input.addEventListener('change', send)
    check()
  }
  const draw = () => {
    list.replaceChildren(...lines.map((line, place) => {
      const row = make('div', 'line')
      make('span', 'and', row).textContent = place ? 'and' : 'where'
      const what = choice(row, 'What to compare', model.subjects.map(({value, text}) => [value, text]), line.subject, (value) => {
        line.subject = value
        if (!subject(line).operators.includes(line.operator)) { line.operator = subject(line).operators[0] }
        draw()
        send()
      })
      what.className = 'what'
      choice(row, 'Condition', subject(line).operators.map((name) => [name, subject(line).words?.[name] ?? name]),
        line.operator, (value) => { line.operator = value; draw(); send() })
      if (needs(line) > 0) { field(row, line, 'value', 'Value') }
      if (needs(line) > 1) { make('span', '', row).textContent = 'and'; field(row, line, 'high', 'Upper value') }
      const remove = make('button', 'remove', row)
      remove.type = 'button'
      remove.textContent = '×'
      remove.title = 'Remove this condition'
      remove.setAttribute('aria-label', remove.title)
      remove.addEventListener('click', () => { lines.splice(place, 1); draw(); send() })
      return row
    }))
  }
  add.addEventListener('click', () => {
    const first = model.subjects[0]
    lines.push({subject: first.value, operator: first.operators[0], value: '', high: ''})
    draw()
    list.lastChild.querySelector('select').focus()
  })

  const text = (value) => value === null || value === undefined ? '' : String(value)
  const update = () => {
    // Ignore the reply to what was sent, because the user may have typed more since then.
    if (same(wholes(), model.criteria) || same(sent, model.criteria)) { return }
    sent = null
    lines = model.criteria.map(({about, column, operator, value, high}) => ({
      subject: about === 'column' ? `column:${column}` : about, operator, value: text(value), high: text(high),
    })).filter((line) => subject(line) !== undefined)
    draw()
  }
  const tell = () => {
    count.textContent = model.count.text
    count.dataset.kind = model.count.kind
  }
  model.on('criteria', update)
  model.on('count', tell)
  update()
  tell()
}
