// Keys of the whole page, and the rule that a label counts only for a source that has been on the screen for a moment.
//
// Other components take part by events of the window:
//   astronomical-source  a component shows another source, which must have been painted before a label counts
//   astronomical-label   a source is about to be labelled; cancelled if that is too early, or another source is shown
//   astronomical-search  the search key was pressed; cancelled by the field that takes the focus
//   astronomical-keys    keys are paused because a field has the focus, or no longer
const EDITABLE = 'input, textarea, select, [contenteditable]:not([contenteditable="false"]), ' +
  '[role=textbox], [role=searchbox], [role=combobox], [role=spinbutton], [role=listbox], [role=menu]'
const USES_ARROWS = '[role=slider], [role=tab], [role=radio], [role=grid], [role=tree], [role=separator], ' +
  '[role=combobox]'
// Buttons between which the arrow keys move. After a click with the mouse the arrow keys belong to the page again.
const TOGGLES = '.MuiToggleButtonGroup-root, [role=toolbar]'
const MODAL = '[role=dialog], [role=alertdialog], [aria-modal=true], [role=menu], [role=listbox], dialog[open]'
// A person needs longer than this to see a source and to decide.
const SEEN_MS = 250

// Input types without text, for example a checkbox that was clicked, do not use keys.
const NO_TEXT = new Set(['button', 'checkbox', 'color', 'file', 'image', 'radio', 'reset', 'submit'])

// A closed list has the focus after an option was chosen, but it uses only the arrow keys, Enter and the space bar.
function is_closed_list(element) {
  return !(element instanceof HTMLInputElement) && element.getAttribute('role') === 'combobox' &&
    element.getAttribute('aria-expanded') !== 'true'
}

// Whether an element uses what is typed.
function takes_text(element) {
  if (!(element instanceof Element) || is_closed_list(element)) { return false }
  if (element instanceof HTMLInputElement && NO_TEXT.has(element.type)) { return false }
  return element.isContentEditable || element.closest(EDITABLE) != null
}

function keeps(element, event, by_pointer) {
  if (!(element instanceof Element)) { return false }
  if (takes_text(element)) { return true }
  if (!event.key.startsWith('Arrow')) { return false }
  if (element instanceof HTMLInputElement && NO_TEXT.has(element.type)) { return element.type === 'radio' }
  return element.closest(USES_ARROWS) != null || (!by_pointer && element.closest(TOGGLES) != null)
}

// The key that was pressed together with Alt, which on some keyboards types another character.
function plain_key(event) {
  return event.code.match(/^(?:Digit|Numpad|Key)(.)$/)?.[1].toLowerCase() ?? event.key
}

function visible(element) {
  return element.checkVisibility === undefined || element.checkVisibility({visibilityProperty: true})
}

// All elements that match a selector, including those in shadow roots, in the order of the page.
function* deep(root, selector) {
  for (const element of root.querySelectorAll('*')) {
    if (element.matches(selector)) { yield element }
    if (element.shadowRoot != null) { yield* deep(element.shadowRoot, selector) }
  }
}

function modal_open() {
  for (const element of deep(document, MODAL)) {
    if (visible(element)) { return true }
  }
  return false
}

function focused() {
  let element = document.activeElement
  while (element?.shadowRoot?.activeElement != null) { element = element.shadowRoot.activeElement }
  return element
}

// The button that closes the topmost dialog. A menu above it has none, and closes by itself.
function way_out() {
  const top = [...deep(document, '.MuiModal-root')].filter(visible).at(-1)
  const [leave] = top == null ? [] : deep(top, '.leave')
  return leave?.shadowRoot?.querySelector('button') ?? leave ?? null
}

export function render({model, view}) {
  let n = 0
  let by_pointer = false

  // The time from which a label counts: SEEN_MS after the frame in which the last component showed its source.
  // The page says so in an attribute, for scripts that label: <html data-labels="ready">.
  let seen_at = 0
  let change = 0
  const say = (state) => { document.documentElement.dataset.labels = state }
  const changed = () => {
    const mine = ++change
    seen_at = Infinity
    say('waiting')
    const ready = () => { if (mine === change) { say('ready') } }
    const painted = () => {
      if (mine !== change) { return }
      seen_at = performance.now() + SEEN_MS
      setTimeout(ready, SEEN_MS + 1)
    }
    // The second frame begins after the first one, with the change, was painted.
    requestAnimationFrame(() => requestAnimationFrame(painted))
  }
  let paused = null
  const tell = () => {
    const now = model.enabled && takes_text(focused())
    if (now === paused) { return }
    paused = now
    window.dispatchEvent(new CustomEvent('astronomical-keys', {detail: {paused}}))
  }

  const on_keydown = (event) => {
    if (['Tab', 'Home', 'End'].includes(event.key)) { by_pointer = false }
    const leave = event.key === 'Escape' && !event.repeat && !event.isComposing ? way_out() : null
    if (leave != null) {
      event.preventDefault()
      leave.click()
      return
    }
    const key = event.altKey ? plain_key(event) : event.key.length === 1 ? event.key.toLowerCase() : event.key
    const unused = event.altKey && !model.labels.includes(key)
    if (!model.enabled || event.repeat || event.isComposing || event.ctrlKey || event.metaKey || unused
        || !model.keys.includes(key) || keeps(event.composedPath()[0], event, by_pointer) || modal_open()) {
      return
    }
    event.preventDefault()
    if (key === '/') {
      window.dispatchEvent(new CustomEvent('astronomical-search', {cancelable: true}))
      return
    }
    const label = new CustomEvent('astronomical-label', {cancelable: true, detail: {source: model.shown}})
    if (model.labels.includes(key) && !window.dispatchEvent(label)) { return }
    n += 1
    model.send_msg({key, shift: event.shiftKey, alt: event.altKey, source: model.shown, n})
  }
  const on_label = (event) => {
    if (performance.now() < seen_at) { event.preventDefault() }
  }
  const on_pointer = () => { by_pointer = true }
  // A native list keeps the focus after an option was chosen with the mouse, and would use the next key.
  const on_change = (event) => {
    const [element] = event.composedPath()
    if (by_pointer && element instanceof HTMLSelectElement) { element.blur() }
  }
  // The element that gets the focus is known only after this event. A change of the focus within one shadow root does
  // not reach the window, but the key or the click that caused it does.
  const on_focus = () => setTimeout(tell)
  const listeners = [
    ['keydown', on_keydown], ['pointerdown', on_pointer], ['change', on_change],
    ...['focusin', 'focusout', 'keyup', 'pointerup'].map((name) => [name, on_focus]),
    ['astronomical-label', on_label], ['astronomical-source', changed],
  ]
  const stop = () => {
    for (const [name, listener] of listeners) { window.removeEventListener(name, listener, true) }
  }
  view.stop_listening?.()
  view.stop_listening = stop
  for (const [name, listener] of listeners) { window.addEventListener(name, listener, true) }
  model.on('shown', changed)
  model.on('remove', () => view.stop_listening())
  changed()
  tell()
}
