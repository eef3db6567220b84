// What a page can be made to do, and what hostile text has become in it. Shadow roots are part of the page.
(() => {
  const all = function* (root) {
    for (const el of root.querySelectorAll('*')) {
      yield el
      if (el.shadowRoot) { yield* all(el.shadowRoot) }
    }
  }
  const shown = (el) => {
    const box = el.getBoundingClientRect()
    return box.width > 0 && box.height > 0 && getComputedStyle(el).visibility !== 'hidden'
  }
  const parent = (el) => el.parentElement ?? el.getRootNode().host ?? null
  const within = (el, outer) => {
    for (let at = el; at; at = parent(at)) { if (at === outer) { return true } }
    return false
  }
  const MODAL = '[role=dialog], [role=alertdialog], [role=menu], [role=listbox], .tabulator-edit-list'
  const CONTROL = 'button, select, summary, [role=tab], [role=combobox], [role=menuitem], [role=option], ' +
    '[role=button], [role=checkbox], [role=radio], [role=switch], input[type=checkbox], input[type=radio], ' +
    '.tabulator-editable, .tabulator-edit-list-item, .tabulator-col-sorter, li[tabindex], td[tabindex]'
  const FIELD = 'input:not([type]), input[type=text], input[type=search], textarea'
  const TIP = '[data-testid=InfoOutlinedIcon], .tabulator-col, canvas, [title]'

  const scope = (elements) => elements.filter((el) => el.matches(MODAL) && shown(el)).at(-1) ?? null
  const role = (outer) => outer && (outer.getAttribute('role') ?? 'list')
  const place = (el) => {
    for (let at = el; at; at = parent(at)) {
      const head = at.matches('.grid-stack-item') ? at.querySelector('.pane-head, .title') : null
      if (head) { return head.textContent.trim() }
    }
    return ''
  }
  // Hostile texts begin with what they are for, and a number: those for the same purpose are alike.
  const kind = (text) => text.trim().slice(0, 120).replace(/\s\d+\.\d+\s[\s\S]*/, '').replace(/\d+/g, '#')
  // Cells of a column are alike, so are all plots of a pane, and the panes that can be added.
  const name = (el) => el.matches('.MuiListItemButton-root') ? 'item of a list' : el.matches('.tabulator-cell, canvas') ?
    `${kind(place(el))}/${kind(el.getAttribute('tabulator-field') ?? '')}` :
    [el.tagName, el.getAttribute('role') ?? '', kind(place(el)),
      kind(el.getAttribute('aria-label') ?? '') + '|' + kind(el.innerText ?? el.value ?? '')].join('/')

  const list = (selector, elements, outer) => {
    const found = new Map()
    let n = window.crawlCount ?? 0
    for (const el of elements) {
      if (!el.matches(selector) || el.disabled || el.getAttribute('aria-disabled') === 'true') { continue }
      if ((outer && !within(el, outer)) || !shown(el)) { continue }
      const key = name(el)
      if (found.has(key)) { continue }
      if (!el.dataset.crawl) { el.dataset.crawl = String(++n) }
      const label = (el.innerText ?? '').trim() || el.getAttribute('aria-label') || el.title
      found.set(key, {mark: el.dataset.crawl, key, label})
    }
    window.crawlCount = n
    return [...found.values()]
  }
  const wrong = (elements) => {
    const found = window.sang === undefined ? [] : [`a script ran: ${window.sang}`]
    for (const el of elements) {
      const address = el.getAttribute('href') ?? el.getAttribute('src') ?? ''
      const styled = el.matches('b, strong, em, code, h1, [class*=material-icons]') && el.textContent.trim() === 'sang'
      if (el.hasAttribute('data-sang') || /^\s*javascript:/i.test(address) || el.matches('img[alt=sang]') || styled) {
        found.push(`an element of a text: ${el.outerHTML.slice(0, 200)} in ${place(el)}`)
      }
    }
    return found
  }
  window.crawl = {
    survey: () => {
      const elements = [...all(document)], outer = scope(elements)
      const [tips, fields, controls] = [TIP, FIELD, CONTROL].map((selector) => list(selector, elements, outer))
      return {tips, fields, controls, modal: role(outer), wrong: wrong(elements)}
    },
    // Tells apart what lies over the page, such as a menu and the dialog that it belongs to.
    top: () => {
      const outer = scope([...all(document)])
      if (outer && !outer.dataset.crawl) { outer.dataset.crawl = String(window.crawlCount = (window.crawlCount ?? 0) + 1) }
      return outer && `${role(outer)} ${outer.dataset.crawl}`
    },
    leave: () => {
      const elements = [...all(document)], outer = scope(elements)
      if (!outer) { return }
      const buttons = elements.filter((el) => el.matches('button') && within(el, outer) && shown(el))
      const way = buttons.find((el) => /^(Close|Cancel|Not now|Open without it)$/.test(el.innerText.trim()))
      if (way) { way.click() }
    },
    wrong: () => wrong([...all(document)]),
  }
})()
