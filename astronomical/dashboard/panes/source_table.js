// Names, values and units of a source; a value that takes two lines has them one above the other.
export function render({model, el}) {
  const table = document.createElement('table')
  const body = table.createTBody()
  el.append(table)
  const update = () => {
    body.replaceChildren(...model.rows.map(([name, value, unit]) => {
      const row = document.createElement('tr')
      const head = document.createElement('th')
      head.scope = 'row'
      head.textContent = head.title = name
      row.append(head)
      const cell = row.insertCell()
      cell.textContent = value
      if (unit) {
        const suffix = document.createElement('span')
        suffix.className = 'unit'
        suffix.textContent = ` ${unit}`
        cell.append(suffix)
      }
      return row
    }))
  }
  model.on('rows', update)
  update()
}
