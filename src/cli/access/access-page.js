// What the page does besides being read: search, filters, folding, highlights, and arrow keys. Names come from the
// document and go back as text only.
;(() => {
  const byId = (id) => document.getElementById(id)
  const table = byId('matrix')
  const head = table.tHead.rows[0]
  const cols = table.querySelector('colgroup')
  const bodies = [...table.tBodies]
  const sheet = document.querySelector('style').sheet
  const rowsOf = (body) => [...body.rows].slice(1)
  const nameOf = (cell) => cell.querySelector('bdi')?.textContent ?? cell.textContent

  // Secrets and readers that are shown.

  // A whole name means that one, anything else whatever has it as a part.
  function wanted(text, list, of, isName) {
    const names = list.map((one) => of(one).toLowerCase())
    const whole = names.map((name) => isName(name) === text)
    return text !== '' && whole.includes(true) ? whole : names.map((name) => name.includes(text))
  }
  const reads = (cell) => cell.className !== '' || cell.textContent !== ''
  let hiding = 0

  function update() {
    const secrets = byId('find-secrets').value.trim().toLowerCase()
    const readers = byId('find-readers').value.trim().toLowerCase()
    const which = document.querySelector('[name=show]:checked').value
    const heads = [...head.cells]
    const named = wanted(
      readers,
      heads,
      (cell) => cell.dataset.find ?? nameOf(cell),
      (name) => name.split(' ', 1)[0],
    )
    const allRows = bodies.flatMap(rowsOf)
    const fitting = wanted(
      secrets,
      allRows,
      (row) => row.cells[0].title,
      (path) => path,
    )
    const fits = new Map(allRows.map((row, i) => [row, fitting[i]]))
    const used = heads.map(() => secrets === '' && which === 'all')
    let shown = 0
    let total = 0
    for (const body of bodies) {
      let any = false
      for (const row of rowsOf(body)) {
        total++
        const cells = row.cells
        let fit = fits.get(row) && (which === 'all' || row.classList.contains(which))
        if (fit && readers !== '') fit = named.some((is, i) => i > 0 && is && reads(cells[i]))
        row.hidden = !fit
        if (!fit) continue
        shown++
        any = true
        for (let i = 1; i < cells.length; i++) if (!used[i] && reads(cells[i])) used[i] = true
      }
      body.hidden = !any
    }
    const visible = heads.map((_, i) => i === 0 || (named[i] && used[i]))
    hide(visible)
    const columns = visible.filter(Boolean).length - 1
    table.style.setProperty('--columns', columns)
    byId('shown').textContent = `${shown} of ${total} secrets, ${columns} of ${heads.length - 1} columns`
    document.querySelector('.nothing').hidden = shown > 0
    table.hidden = shown === 0
    if (focused !== null && !isShown(focused)) rove(firstCell(), false)
  }

  // One rule a column is quicker than a class on each of its cells.
  function hide(visible) {
    while (hiding > 0) sheet.deleteRule(sheet.cssRules.length - hiding--)
    for (const [i, is] of visible.entries()) {
      if (is) continue
      sheet.insertRule(
        `#matrix tr > :nth-child(${i + 1}), #matrix col:nth-child(${i + 1}) { display: none }`,
        sheet.cssRules.length,
      )
      hiding++
    }
  }

  for (const id of ['find-secrets', 'find-readers']) byId(id).addEventListener('input', update)
  for (const radio of document.querySelectorAll('[name=show]')) radio.addEventListener('change', update)
  byId('clear').addEventListener('click', () => {
    byId('find-secrets').value = ''
    byId('find-readers').value = ''
    document.querySelector('[name=show]').checked = true
    update()
    byId('find-secrets').focus()
  })

  // Folders.

  function fold(body, folded) {
    body.classList.toggle('folded', folded)
    body.rows[0].cells[0].setAttribute('aria-expanded', String(!folded))
  }
  byId('fold').addEventListener('click', ({ currentTarget }) => {
    const folded = currentTarget.getAttribute('aria-pressed') !== 'true'
    currentTarget.setAttribute('aria-pressed', String(folded))
    for (const body of bodies) fold(body, folded)
  })

  // Groups: the members of a group all stand the same, so their columns are copies of the group's.

  function unfold(cell, open) {
    if ((cell.getAttribute('aria-expanded') === 'true') === open) return
    cell.setAttribute('aria-expanded', String(open))
    const at = cell.cellIndex
    const members = cell.dataset.members.split('\n')
    if (!open) {
      for (const row of table.rows) for (const _ of members) row.cells[at + 1].remove()
      for (const _ of members) cols.children[at + 1].remove()
      return
    }
    const titles = cell.title.split('\n')
    for (const row of table.rows) {
      const copies = members.map((name, i) => {
        const copy = row.cells[at].cloneNode(true)
        copy.removeAttribute('tabindex')
        if (row !== head) return copy
        copy.removeAttribute('aria-expanded')
        delete copy.dataset.members
        copy.className = 'member'
        copy.title = titles[i] ?? name
        copy.dataset.find = `${name} ${cell.dataset.find}`
        copy.querySelector('.size').remove()
        copy.querySelector('bdi').textContent = name
        return copy
      })
      row.cells[at].after(...copies)
    }
    cols.children[at].after(...members.map(() => document.createElement('col')))
  }
  const groupHeads = () => [...head.cells].filter((cell) => cell.dataset.members !== undefined)
  byId('groups').addEventListener('click', ({ currentTarget }) => {
    const open = currentTarget.getAttribute('aria-pressed') !== 'true'
    currentTarget.setAttribute('aria-pressed', String(open))
    for (const cell of groupHeads()) unfold(cell, open)
    update()
  })

  // What a click on a head, or Enter, does.

  function act(cell) {
    const row = cell.parentElement
    if (row.classList.contains('dir') && cell.cellIndex === 0)
      fold(row.parentElement, !row.parentElement.classList.contains('folded'))
    else if (cell.dataset.members !== undefined) {
      unfold(cell, cell.getAttribute('aria-expanded') !== 'true')
      update()
    } else if (row === head && cell.cellIndex > 0) only(byId('find-readers'), nameOf(cell))
    else if (cell.cellIndex === 0 && row !== head) only(byId('find-secrets'), cell.title)
  }
  // Again: everything.
  function only(field, text) {
    field.value = field.value === text ? '' : text
    update()
  }
  table.addEventListener('click', ({ target }) => {
    const cell = target.closest('th, td')
    if (cell === null) return
    rove(cell, true)
    if (cell.tagName === 'TH') act(cell)
  })

  // Row and column of the cell under the mouse or the focus.

  let hot = []
  function point(cell) {
    for (const one of hot) one.classList.remove('hot')
    hot = []
    if (cell === null) return
    const at = cell.cellIndex
    if (at > 0) hot = [cols.children[at], head.cells[at]]
    for (const one of hot) one.classList.add('hot')
    byId('here').textContent = describe(cell, at)
  }
  function describe(cell, at) {
    const row = cell.parentElement
    const reader = head.cells[at]
    if (at === 0) return cell.title
    if (row === head) return cell.title.split('\n').join(', ')
    const members = reader.dataset.members
    const who =
      nameOf(reader) + (members === undefined ? '' : ` (${members.split('\n').slice(0, 12).join(', ')})`)
    return `${row.cells[0].title} · ${who}: ${cell.ariaLabel ?? 'no access'}`
  }
  table.addEventListener('mouseover', ({ target }) => point(target.closest('th, td')))
  table.addEventListener('mouseleave', () => point(focused))

  // One cell is in the order of Tab; arrow keys move it (https://www.w3.org/WAI/ARIA/apg/patterns/grid/).

  let focused = null
  const isShown = (cell) => cell.isConnected && cell.getClientRects().length > 0
  const firstCell = () => [...table.rows].flatMap((row) => (row === head ? [] : row.cells[0]))[0] ?? null
  function rove(cell, focus) {
    if (cell === null) return
    focused?.removeAttribute('tabindex')
    focused = cell
    cell.tabIndex = 0
    if (!focus) return
    cell.focus({ preventScroll: true })
    reveal(cell)
    point(cell)
  }
  // Out from under the sticky heads.
  function reveal(cell) {
    const box = table.parentElement
    const around = box.getBoundingClientRect()
    const at = cell.getBoundingClientRect()
    const top = around.top + head.getBoundingClientRect().height + (cell.closest('.dir') ? 0 : dirHeight())
    const left = around.left + head.cells[0].getBoundingClientRect().width
    const sticky = cell.cellIndex === 0
    if (cell.parentElement !== head) {
      if (at.top < top) box.scrollTop -= top - at.top
      else if (at.bottom > around.bottom - 16) box.scrollTop += at.bottom - around.bottom + 16
    }
    if (sticky) return
    if (at.left < left) box.scrollLeft -= left - at.left
    else if (at.right > around.right - 16) box.scrollLeft += at.right - around.right + 16
  }
  const dirHeight = () => bodies[0]?.rows[0]?.getBoundingClientRect().height ?? 0

  function step(cell, down, right) {
    let row = cell.parentElement
    let at = cell.cellIndex
    if (down !== 0) {
      const rows = [...table.rows].filter((one) => isShown(one.cells[0]))
      row = rows[Math.min(rows.length - 1, Math.max(0, rows.indexOf(row) + down))]
    }
    for (let left = Math.abs(right); left > 0; left--) {
      let next = at + Math.sign(right)
      while (row.cells[next] !== undefined && !isShown(row.cells[next])) next += Math.sign(right)
      if (row.cells[next] === undefined) break
      at = next
    }
    return row.cells[at]
  }
  const FAR = 1e6
  const KEYS = {
    ArrowUp: [-1, 0],
    ArrowDown: [1, 0],
    ArrowLeft: [0, -1],
    ArrowRight: [0, 1],
    PageUp: [-12, 0],
    PageDown: [12, 0],
    Home: [0, -FAR],
    End: [0, FAR],
  }
  table.addEventListener('keydown', (event) => {
    const cell = event.target.closest('th, td')
    if (cell === null || event.altKey || event.metaKey) return
    const move = KEYS[event.key]
    if (move !== undefined) {
      const [down, right] = move
      const far = event.ctrlKey && right !== 0 && Math.abs(right) === FAR
      rove(step(cell, far ? right : down, right), true)
    } else if (event.key === 'Enter' || event.key === ' ') act(cell)
    else return
    event.preventDefault()
  })
  table.addEventListener('focusin', ({ target }) => point(target.closest('th, td')))

  // Colours.

  const themes = ['system', 'dark', 'light']
  byId('theme').addEventListener('click', ({ currentTarget }) => {
    const now = document.documentElement.dataset.theme ?? 'system'
    const next = themes[(themes.indexOf(now) + 1) % themes.length]
    if (next === 'system') delete document.documentElement.dataset.theme
    else document.documentElement.dataset.theme = next
    currentTarget.textContent = `Theme: ${next}`
  })

  // On paper everything is there.
  let folded = []
  addEventListener('beforeprint', () => {
    folded = bodies.filter((body) => body.classList.contains('folded'))
    for (const body of folded) fold(body, false)
  })
  addEventListener('afterprint', () => {
    for (const body of folded) fold(body, true)
  })

  // Folders stay in sight below the heads.
  const measure = () =>
    table.style.setProperty('--head', `${Math.floor(head.getBoundingClientRect().height)}px`)
  addEventListener('resize', measure)

  table.setAttribute('role', 'grid')
  document.querySelector('.tools').hidden = false
  byId('groups').hidden = groupHeads().length === 0
  byId('fold').hidden = bodies.length < 2
  for (const body of bodies) fold(body, false)
  for (const cell of groupHeads()) cell.setAttribute('aria-expanded', 'false')
  measure()
  rove(firstCell(), false)
  update()
})()
