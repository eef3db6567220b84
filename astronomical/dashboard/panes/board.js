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
    actions.replaceChildren()
    for (const item of shown.answers) { button(answers, item) }
    for (const item of shown.actions) { button(actions, item) }
  }
  model.on('shown', update)
  update()
}
