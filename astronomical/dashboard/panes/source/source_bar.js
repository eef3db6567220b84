// Search with suggestions, and navigation through the sources that were shown.
const PATHS = {
  back: 'M15.4 7.4 14 6l-6 6 6 6 1.4-1.4L10.8 12z',
  forward: 'M8.6 16.6 10 18l6-6-6-6-1.4 1.4 4.6 4.6z',
  settings: 'M19.1 12.9a7 7 0 0 0 0-1.8l2-1.6-1.9-3.3-2.4 1a7 7 0 0 0-1.6-.9L14.9 3.8h-3.8l-.4 2.5a7 7 0 0 0-1.6.9l-2.4-1-1.9 3.3 2 1.6a7 7 0 0 0 0 1.8l-2 1.6 1.9 3.3 2.4-1a7 7 0 0 0 1.6.9l.4 2.5h3.8l.4-2.5a7 7 0 0 0 1.6-.9l2.4 1 1.9-3.3zM13 15.5a3.5 3.5 0 1 1 0-7 3.5 3.5 0 0 1 0 7z',
  deselect: 'M19 6.4 17.6 5 12 10.6 6.4 5 5 6.4 10.6 12 5 17.6 6.4 19 12 13.4 17.6 19 19 17.6 13.4 12z',
}
const WAIT_MS = 120

export function render({model, el}) {
  const make = (tag, name, parent) => {
    const element = document.createElement(tag)
    if (name) { element.className = name }
    parent.append(element)
    return element
  }
  const button = (event, tip) => {
    const element = make('button', `icon ${event}`, bar)
    const svg = document.createElementNS('http://www.w3.org/2000/svg', 'svg')
    svg.setAttribute('viewBox', '0 0 24 24')
    svg.appendChild(document.createElementNS(svg.namespaceURI, 'path')).setAttribute('d', PATHS[event])
    element.type = 'button'
    element.title = tip
    element.setAttribute('aria-label', tip)
    element.append(svg)
    element.addEventListener('click', () => model.send_msg({event}))
    return element
  }
  const bar = make('div', 'bar', el)
  const back = button('back', 'Back to the previous source')
  const forward = button('forward', 'Forward to the next source')
  const field = make('div', 'field', bar)
  const input = make('input', 'search', field)
  input.type = 'text'
  input.spellcheck = false
  input.autocomplete = 'off'
  const list = make('ul', 'suggestions', field)
  list.id = 'suggestions'
  list.hidden = true
  list.setAttribute('role', 'listbox')
  for (const [name, value] of Object.entries({'role': 'combobox',
    'aria-autocomplete': 'list', 'aria-controls': 'suggestions', 'aria-expanded': 'false'})) {
    input.setAttribute(name, value)
  }
  const history = make('select', 'history', bar)
  history.title = 'Sources that were shown, newest first'
  history.setAttribute('aria-label', history.title)
  button('settings', 'Settings of this pane')
  const deselect = button('deselect', 'Deselect: show no source')
  const notice = make('div', 'notice', el)
  notice.setAttribute('role', 'status')

  let marked = -1
  let timer = null
  const close = () => {
    list.hidden = true
    marked = -1
    input.setAttribute('aria-expanded', 'false')
    input.removeAttribute('aria-activedescendant')
  }
  const finish = () => {
    clearTimeout(timer)
    close()
  }
  const choose = (text) => {
    finish()
    model.send_msg({event: 'choose', text})
  }
  const mark = (place) => {
    const items = [...list.children]
    if (list.hidden || items.length === 0) { return }
    marked = (place + items.length) % items.length
    items.forEach((item, i) => item.setAttribute('aria-selected', i === marked))
    items[marked].scrollIntoView({block: 'nearest'})
    input.setAttribute('aria-activedescendant', items[marked].id)
  }
  input.addEventListener('input', () => {
    clearTimeout(timer)
    notice.textContent = ''
    if (input.value.trim() === '') { close(); return }
    timer = setTimeout(() => model.send_msg({event: 'suggest', text: input.value}), WAIT_MS)
  })
  input.addEventListener('keydown', (event) => {
    if (event.key === 'ArrowDown') { mark(marked + 1) }
    else if (event.key === 'ArrowUp') { mark(marked < 0 ? -1 : marked - 1) }
    else if (event.key === 'Enter') {
      if (marked >= 0) { choose(list.children[marked].dataset.id) }
      else if (input.value.trim() !== '') { finish(); model.send_msg({event: 'search', text: input.value}) }
    } else if (event.key === 'Escape') { if (list.hidden) { input.value = ''; input.blur() } else { close() } }
    else { return }
    event.preventDefault()
  })
  input.addEventListener('blur', finish)

  const suggest = () => {
    const {text, found} = model.suggestions
    if (text !== input.value || el.getRootNode().activeElement !== input) { return }
    marked = -1
    list.replaceChildren(...found.map(({id, why}, i) => {
      const item = document.createElement('li')
      item.dataset.id = id
      item.id = `suggestion-${i}`
      item.setAttribute('role', 'option')
      if (why) {
        const reason = document.createElement('span')
        reason.className = 'why'
        reason.textContent = why
        item.append(reason)
      }
      item.append(id)
      item.addEventListener('mousedown', (event) => { event.preventDefault(); choose(id) })
      return item
    }))
    list.hidden = found.length === 0
    input.setAttribute('aria-expanded', String(!list.hidden))
  }
  history.addEventListener('change', () => {
    if (history.value !== '') { model.send_msg({event: 'choose', text: history.value}) }
    history.value = ''
  })
  const update = () => {
    const {can_back, can_forward, shown, ids} = model.trail
    back.disabled = !can_back
    forward.disabled = !can_forward
    deselect.disabled = !shown
    history.disabled = ids.length === 0
    const head = document.createElement('option')
    head.value = ''
    head.hidden = true
    head.textContent = 'History'
    history.replaceChildren(head, ...ids.map((id) => {
      const option = document.createElement('option')
      option.value = option.textContent = id
      return option
    }))
    history.value = ''
  }
  const tell = () => {
    notice.textContent = model.answer.notice
    notice.classList.toggle('good', model.answer.found)
    if (model.answer.found) { input.value = ''; input.blur() }
  }
  const say = () => {
    input.placeholder = model.says
    input.setAttribute('aria-label', model.says)
  }
  // The search key: the first search field of the page takes the focus.
  const focus = (event) => {
    if (event.defaultPrevented || !el.isConnected) { return }
    event.preventDefault()
    input.focus()
    input.select()
  }
  model.on('suggestions', suggest)
  model.on('trail', update)
  model.on('answer', tell)
  model.on('says', say)
  window.addEventListener('astronomical-search', focus)
  model.on('remove', () => window.removeEventListener('astronomical-search', focus))
  say()
  update()
}
