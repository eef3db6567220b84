// A list with a header. A click on a row with an id shows that source.
export function render({model, el}) {
  const empty = document.createElement('p')
  const table = document.createElement('table')
  const head = table.createTHead().insertRow()
  const body = table.createTBody()
  el.append(empty, table)
  const update = () => {
    const {titles, rows, nothing} = model.shown
    empty.textContent = nothing || ''
    empty.hidden = rows.length > 0
    table.hidden = rows.length === 0
    head.replaceChildren(...titles.map((title) => {
      const cell = document.createElement('th')
      cell.scope = 'col'
      cell.textContent = title
      return cell
    }))
    body.replaceChildren(...rows.map(({cells, id, faded, tip}) => {
      const row = document.createElement('tr')
      row.classList.toggle('faded', Boolean(faded))
      row.title = tip || ''
      cells.forEach((text, i) => {
        const cell = row.insertCell()
        if (id && text === id) {
          const button = document.createElement('button')
          button.type = 'button'
          button.className = 'go'
          button.textContent = text
          button.addEventListener('click', () => model.send_msg({id}))
          cell.append(button)
        } else { cell.textContent = text }
      })
      return row
    }))
  }
  model.on('shown', update)
  update()
}
