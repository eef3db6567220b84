// A row of sources. A click on an id shows the source, and a click on its cross removes it from the row.
export function render({model, el}) {
  const row = document.createElement('div')
  row.className = 'row'
  el.append(row)
  const button = (name, text, title, parent, event, id) => {
    const element = document.createElement('button')
    element.type = 'button'
    element.className = name
    element.textContent = text
    element.title = title
    element.addEventListener('click', () => model.send_msg({event, id}))
    parent.append(element)
    return element
  }
  const update = () => {
    row.replaceChildren(...model.ids.map((id) => {
      const chip = document.createElement('span')
      chip.className = 'chip'
      button('show', id, `Show ${id}`, chip, 'show', id)
      if (model.removable) { button('remove', '×', '', chip, 'remove', id).setAttribute('aria-label', `Remove ${id}`) }
      return chip
    }))
  }
  model.on(['ids', 'removable'], update)
  update()
}
