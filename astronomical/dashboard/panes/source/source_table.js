// Names, values and units of a source. A value with two lines has them one above the other.
const COPY = 'M16 1H4a2 2 0 0 0-2 2v14h2V3h12zm3 4H8a2 2 0 0 0-2 2v14a2 2 0 0 0 2 2h11a2 2 0 0 0 2-2V7a2 2 0 0 0-2-2zm0 16H8V7h11z'
const DONE = 'M9 16.2 4.8 12l-1.4 1.4L9 19 21 7l-1.4-1.4z'
const SVG = 'http://www.w3.org/2000/svg'

export function render({model, el}) {
  const table = document.createElement('table')
  const body = table.createTBody()
  el.append(table)
  const copier = (name, text, cell) => {
    const button = document.createElement('button')
    button.className = 'copy'
    button.type = 'button'
    button.title = `Copy ${name}`
    button.setAttribute('aria-label', button.title)
    const svg = document.createElementNS(SVG, 'svg')
    svg.setAttribute('viewBox', '0 0 24 24')
    const path = svg.appendChild(document.createElementNS(SVG, 'path'))
    path.setAttribute('d', COPY)
    button.append(svg)
    button.addEventListener('click', async () => {
      try {
        await navigator.clipboard.writeText(text)
      } catch {  // no access to the clipboard: leave the value selected, so that the user can copy it
        window.getSelection().selectAllChildren(cell.firstChild)
        return
      }
      path.setAttribute('d', DONE)
      setTimeout(() => path.setAttribute('d', COPY), 1200)
    })
    return button
  }
  const update = () => {
    body.replaceChildren(...model.rows.map(({name, value, unit, copy}) => {
      const row = document.createElement('tr')
      const head = document.createElement('th')
      head.scope = 'row'
      head.textContent = head.title = name
      row.append(head)
      const cell = row.insertCell()
      const shown = document.createElement('span')
      shown.className = 'value'
      shown.textContent = value
      cell.append(shown)
      if (unit) {
        const suffix = document.createElement('span')
        suffix.className = 'unit'
        suffix.textContent = ` ${unit}`
        cell.append(suffix)
      }
      cell.append(copier(name, copy, cell))
      return row
    }))
  }
  model.on('rows', update)
  update()
}
