// Note, tags and flag of the selected source, and the list of all sources that have any.
export function render({model, el}) {
  const make = (tag, name, parent) => {
    const element = document.createElement(tag)
    if (name) { element.className = name }
    parent?.append(element)
    return element
  }
  const form = make('div', 'form', el)
  const head = make('div', 'head', form)
  const flag = make('button', 'flag', head)
  flag.type = 'button'
  const tags = make('span', 'tags', head)
  const tag = make('input', 'tag', head)
  tag.type = 'text'
  tag.placeholder = 'Add a tag'
  tag.setAttribute('aria-label', 'Add a tag')
  tag.setAttribute('list', 'known-tags')
  const known = make('datalist', '', form)
  known.id = 'known-tags'
  const note = make('textarea', 'note', form)
  note.placeholder = 'A note on this source'
  note.setAttribute('aria-label', 'Note')
  note.maxLength = 2000
  const log = make('ul', 'log', form)
  const filters = make('div', 'filters')
  const words = make('input', 'words', filters)
  words.type = 'text'
  words.placeholder = 'Filter by id, tag or words'
  words.setAttribute('aria-label', words.placeholder)
  const only = make('label', '', filters)
  const flagged = make('input', '', only)
  flagged.type = 'checkbox'
  only.append('flagged only')
  const empty = make('p', 'empty', el)
  el.append(filters)
  const list = make('ul', 'list', el)

  let source = ''
  const send = (event, value) => model.send_msg({event, source, value})
  const keep_note = () => {
    if (source !== '' && note.value.trim() !== note.dataset.kept) {
      note.dataset.kept = note.value.trim()
      send('note', note.value)
    }
  }
  const add_tag = () => {
    if (tag.value.trim() !== '') { send('tags', [...model.shown.tags, tag.value]) }
    tag.value = ''
  }
  let timer = null
  const filter = () => {
    clearTimeout(timer)
    timer = setTimeout(() => send('filter', {words: words.value, flagged: flagged.checked}), 150)
  }
  words.addEventListener('input', filter)
  flagged.addEventListener('change', filter)
  flag.addEventListener('click', () => send('flag', !model.shown.flag))
  note.addEventListener('change', keep_note)
  tag.addEventListener('change', add_tag)
  tag.addEventListener('keydown', (event) => {
    if (event.key === 'Enter') { event.preventDefault(); add_tag() }
  })

  const chip = (text) => {
    const element = make('span', 'chip')
    make('span', '', element).textContent = text
    const remove = make('button', 'remove', element)
    remove.type = 'button'
    remove.textContent = '×'
    remove.title = `Remove the tag ${text}`
    remove.setAttribute('aria-label', remove.title)
    remove.addEventListener('click', () => send('tags', model.shown.tags.filter((item) => item !== text)))
    return element
  }
  const update = () => {
    const shown = model.shown
    if (shown.id !== source) {
      keep_note()  // the typed text belongs to the source that was shown before
      source = shown.id
      tag.value = ''
      note.value = note.dataset.kept = shown.note
    } else if (shown.note !== note.dataset.kept) {
      note.value = note.dataset.kept = shown.note
    }
    form.hidden = shown.id === ''
    flag.textContent = shown.flag ? '⚑ Flagged' : '⚐ Flag'
    flag.title = 'Flag this source to look at it later (F)'
    flag.setAttribute('aria-pressed', shown.flag)
    tags.replaceChildren(...shown.tags.map(chip))
    known.replaceChildren(...shown.known.map((text) => {
      const option = document.createElement('option')
      option.value = text
      return option
    }))
    log.replaceChildren(...shown.log.map((said) => {
      const item = make('li', '')
      make('span', '', item).textContent = said.text
      make('span', 'by', item).textContent = said.by
      return item
    }))
    empty.hidden = list.hidden = !shown.lists
    filters.hidden = !shown.lists || (shown.rows.length === 0 && words.value === '' && !flagged.checked)
    empty.textContent = shown.id === '' && shown.rows.length === 0 ? 'No source is selected.' : shown.summary
    list.replaceChildren(...shown.rows.map((row) => {
      const item = make('li', '')
      const go = make('button', 'go', item)
      go.type = 'button'
      go.textContent = `${row.flag ? '⚑ ' : ''}${row.id}`
      go.title = 'Show this source'
      go.addEventListener('click', () => model.send_msg({event: 'focus', source: row.id, value: ''}))
      make('span', 'said', item).textContent = [row.tags.join(', '), row.note].filter((text) => text).join(' · ')
      return item
    }))
  }
  model.on('shown', update)
  update()
}
