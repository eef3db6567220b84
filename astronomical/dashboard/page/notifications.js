// Messages in a corner. Each is shown once. A closed message stays closed, and a repeated message replaces the first.
const STAY_MS = {success: 4000, info: 7000}

export function render({model, el}) {
  const stack = document.createElement('div')
  stack.className = 'stack'
  stack.setAttribute('role', 'status')
  stack.setAttribute('aria-live', 'polite')
  el.append(stack)
  let newest = 0

  const show = ({level, text}) => {
    const message = document.createElement('div')
    message.className = 'message'
    message.dataset.level = level
    const words = document.createElement('div')
    words.className = 'text'
    words.textContent = text
    const close = document.createElement('button')
    close.type = 'button'
    close.className = 'close'
    close.textContent = '×'
    close.setAttribute('aria-label', 'Close this message')
    close.addEventListener('click', () => message.remove())
    message.append(words, close)
    for (const other of [...stack.children]) {
      if (other.dataset.level === level && other.firstChild.textContent === text) { other.remove() }
    }
    stack.append(message)
    while (stack.children.length > 4) { stack.firstChild.remove() }
    if (STAY_MS[level] !== undefined) { setTimeout(() => message.remove(), STAY_MS[level]) }
  }
  const update = () => {
    for (const item of model.shown) {
      if (item.n > newest) { newest = item.n; show(item) }
    }
  }
  model.on('shown', update)
  update()
}
