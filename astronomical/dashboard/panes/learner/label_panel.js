// The label panel: status of the learner, one button for each class, and further actions.
export function render({model, el}) {
  const make = (tag, name, parent) => {
    const element = document.createElement(tag)
    if (name) { element.className = name }
    parent.append(element)
    return element
  }
  el.classList.add('label-panel')
  const status = make('div', 'status', el)
  const notice = make('div', 'notice', el)
  notice.setAttribute('role', 'status')
  const question = make('div', 'question', notice)
  const why = make('div', 'why', notice)
  const paused = make('span', 'chip paused', notice)
  paused.textContent = 'Keys paused'
  paused.title = 'A field has the cursor. Press Esc or click outside the field to label with keys.'
  paused.hidden = true
  const answers = make('div', 'answers', el)
  const strip = make('div', 'strip', el)
  const actions = make('div', 'actions', el)
  const queue = make('div', 'section queue', el)
  const votes = make('div', 'section votes', el)

  const button = (parent, {event, text, key, tip, colour, ink, enabled, marked}) => {
    const element = make('button', 'answer', parent)
    element.type = 'button'
    element.dataset.event = event
    element.title = tip
    element.disabled = !enabled
    const label = make('span', 'text', element)
    label.textContent = text
    if (key) { make('kbd', '', element).textContent = key }
    if (colour) { Object.assign(element.style, {background: colour, color: ink, borderColor: colour}) }
    if (marked) { element.classList.add('marked'); element.setAttribute('aria-pressed', 'true') }
    element.addEventListener('click', ({altKey}) => {
      // A second click must not label the next source, which was not seen yet.
      const {source} = model.shown
      const label = new CustomEvent('astronomical-label', {cancelable: true, detail: {source}})
      if (!/^(label|unsure)/.test(event) || window.dispatchEvent(label)) {
        model.send_msg({event: altKey ? event.replace(/^label:/, 'probable:') : event, source})
      }
    })
  }
  // A section that is visible only if it has items. Returns the element for the items.
  const section = (parent, title, items) => {
    parent.replaceChildren()
    parent.hidden = !title || items.length === 0
    make('div', 'head', parent).textContent = title
    return make('div', 'list', parent)
  }
  const vote = (parent, {name, p}) => {
    const row = make('div', 'vote', parent)
    row.title = `${name}: probability ${p.toFixed(3)}`
    make('span', 'text', row).textContent = name
    make('div', '', make('div', 'bar', row)).style.width = `${100 * p}%`
    make('span', 'p', row).textContent = p.toFixed(2)
  }
  // One line of the strip: its name, a text that is shortened if there is no room, and an end that never is.
  const fact = ({name, text, end, tip, button: action}) => {
    const line = make('div', 'fact', strip)
    line.dataset.name = name
    line.title = tip
    make('span', 'name', line).textContent = name
    make('span', 'text', line).textContent = text
    make('span', 'end', line).textContent = end
    if (action) { button(line, action) }
  }
  const update = () => {
    const shown = model.shown
    status.replaceChildren(...shown.status.map((line) => {
      const row = document.createElement('div')
      row.textContent = line
      return row
    }))
    status.title = shown.status.join('\n')  // a low pane shows the first line alone, and no reason
    question.textContent = shown.notice.text
    why.textContent = shown.notice.why ?? ''
    notice.title = [question.textContent, why.textContent].join('\n').trim()
    notice.dataset.kind = shown.notice.kind
    strip.replaceChildren()
    for (const item of shown.strip ?? []) { fact(item) }
    answers.replaceChildren()
    answers.classList.toggle('many', shown.answers.length > 5)  // so that the buttons below stay visible
    actions.replaceChildren()
    for (const item of shown.answers) { button(answers, item) }
    for (const item of shown.actions) { button(actions, item) }
    const {title = '', items = []} = shown.queue ?? {}
    const list = section(queue, title, items)
    for (const item of items) { button(list, item) }
    const members = shown.votes ?? {title: '', items: []}
    const rows = section(votes, members.title, members.items)
    for (const item of members.items) { vote(rows, item) }
  }
  const on_keys = (event) => {
    paused.hidden = !event.detail.paused
    el.classList.toggle('keys-paused', event.detail.paused)
  }
  window.addEventListener('astronomical-keys', on_keys)
  model.on('remove', () => window.removeEventListener('astronomical-keys', on_keys))
  model.on('shown', update)
  update()
}
