// The labelling board: where the learner stands, one button for each answer, and the way back.
export function render({model, el}) {
  const make = (tag, name, parent) => {
    const element = document.createElement(tag)
    if (name) { element.className = name }
    parent.append(element)
    return element
  }
  const status = make('div', 'status', el)
  const notice = make('div', 'notice', el)
  notice.setAttribute('role', 'status')
  const answers = make('div', 'answers', el)
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
    element.addEventListener('click', () => model.send_msg({event, source: model.shown.source}))
  }
  // A part of the board that is there only while it has something to show; returns where its items go.
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
  const update = () => {
    const shown = model.shown
    status.replaceChildren(...shown.status.map((line) => {
      const row = document.createElement('div')
      row.textContent = line
      return row
    }))
    notice.textContent = shown.notice.text
    notice.dataset.kind = shown.notice.kind
    answers.replaceChildren()
    answers.classList.toggle('many', shown.answers.length > 5)  // so that the buttons below stay in sight
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
  model.on('shown', update)
  update()
}
