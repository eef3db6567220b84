// The id of the source, its labels and notes as chips, and links.
const COPY = 'M16 1H4a2 2 0 0 0-2 2v14h2V3h12zm3 4H8a2 2 0 0 0-2 2v14a2 2 0 0 0 2 2h11a2 2 0 0 0 2-2V7a2 2 0 0 0-2-2zm0 16H8V7h11z'
const DONE = 'M9 16.2 4.8 12l-1.4 1.4L9 19 21 7l-1.4-1.4z'

export function render({model, el}) {
  const make = (tag, name, parent) => {
    const element = document.createElement(tag)
    if (name) { element.className = name }
    parent.append(element)
    return element
  }
  el.classList.add('card')
  const head = make('div', 'head', el)
  const id = make('span', 'id', head)
  const copy = make('button', 'copy', head)
  copy.type = 'button'
  copy.title = 'Copy the id'
  copy.setAttribute('aria-label', copy.title)
  const svg = document.createElementNS('http://www.w3.org/2000/svg', 'svg')
  svg.setAttribute('viewBox', '0 0 24 24')
  const path = svg.appendChild(document.createElementNS(svg.namespaceURI, 'path'))
  path.setAttribute('d', COPY)
  copy.append(svg)
  const links = make('span', 'links', head)
  const said = make('div', 'said', el)
  const chips = make('span', 'chips', said)
  const ask = make('button', 'ask', said)
  ask.type = 'button'
  ask.textContent = 'Back to the asked source'
  ask.title = 'Show the source that the learner asks for (Q)'

  const samp = document.createElement('button')
  samp.type = 'button'
  samp.className = 'samp'
  samp.textContent = 'SAMP'
  samp.addEventListener('click', () => model.send_msg({event: 'samp'}))
  copy.addEventListener('click', async () => {
    try {
      await navigator.clipboard.writeText(id.textContent)
    } catch {  // no access to the clipboard: leave the id selected, so that the user can copy it
      window.getSelection().selectAllChildren(id)
      return
    }
    path.setAttribute('d', DONE)
    setTimeout(() => path.setAttribute('d', COPY), 1200)
  })
  ask.addEventListener('click', () => model.send_msg({event: 'ask'}))

  const update = () => {
    const shown = model.shown
    if (id.textContent !== shown.id) { window.dispatchEvent(new CustomEvent('astronomical-source')) }
    id.textContent = id.title = shown.id
    chips.replaceChildren(...shown.chips.map(({text, colour, ink, tip}) => {
      const chip = document.createElement('span')
      chip.className = 'chip'
      chip.textContent = text
      chip.title = tip
      if (colour) { Object.assign(chip.style, {background: colour, color: ink, borderColor: colour}) }
      return chip
    }))
    ask.hidden = !shown.ask
    links.replaceChildren(...shown.links.map(({name, url}) => {
      const link = document.createElement('a')
      link.textContent = name
      link.href = url
      link.target = '_blank'
      link.rel = 'noopener noreferrer'
      link.title = `Open this position in ${name}, in a new tab`
      return link
    }))
    if (shown.samp) {
      samp.dataset.on = shown.samp
      samp.title = shown.samp === 'on' ? 'Connected to other programs: send sources, or disconnect' :
        'Connect to TOPCAT, Aladin and other programs'
      links.append(samp)
    }
  }
  // No label counts while the screen still shows another source than the one that it is for.
  const on_label = (event) => {
    const {top, bottom} = el.getBoundingClientRect()
    const on_screen = el.isConnected && bottom > top && bottom > 0 && top < window.innerHeight
    if (on_screen && event.detail.source !== id.textContent) { event.preventDefault() }
  }
  window.addEventListener('astronomical-label', on_label)
  model.on('remove', () => window.removeEventListener('astronomical-label', on_label))
  model.on('shown', update)
  update()
}
