import { readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { bytePath } from '../../src/byte-path.ts'
import { renderAccessHtml } from '../../src/cli/access/render-html.ts'
import { renderAccessSvg } from '../../src/cli/access/render-svg.ts'
import { viewOf } from '../../src/cli/access/view.ts'
import type { AccessMatrix } from '../../src/secret/access/matrix.ts'
import { Chromium } from '../support/chromium.ts'
import { needs } from '../support/needs.ts'
import { Sandbox } from '../support/sandbox.ts'
import { fleet, matrixOf, reader, secret } from './access-matrices.ts'

/** Names that would be markup, script, or a lie, if anything took them for more than text. */
const HOSTILE = [
  '<script>document.title="owned"</script>',
  '</style><script>document.title="owned"</script>',
  '"]]><img src=x onerror=document.title="owned">',
  "' onmouseover='document.title=1",
  '" autofocus onfocus="document.title=1',
  '-->&lt;!--</table>',
  '\u202egnp.exe',
  'a\u0000b\u001b[31m\u2028c',
  '\ufffe\uffff',
  // biome-ignore lint/suspicious/noTemplateCurlyInString: a name that would be code in a template
  '${document.title}',
  'عربي',
]

function hostile(): AccessMatrix {
  const readers = HOSTILE.map((name, i) =>
    reader(name, { key: `${name}${i}`, groups: [HOSTILE[i] as string], current: i % 2 === 0, own: i === 2 }),
  )
  const cells = HOSTILE.map((_, i) => 'rpfu.'[i % 5]).join('')
  const paths = [...HOSTILE.map((name) => name.replaceAll('\0', '')), 'plain/ok'].map((name) =>
    secret(name, cells, { state: 'damaged', reason: HOSTILE[0] as string }),
  )
  const raw = {
    ...secret('', cells, { change: 'moved', from: bytePath(Buffer.from([0xc3, 0x28, 0x3c])) }),
    path: bytePath(Buffer.from('d/\xff\xfe<b>', 'latin1')),
  }
  return matrixOf(readers, [...paths, raw], {
    groups: new Map([
      [HOSTILE[1] as string, [0, 5]],
      [HOSTILE[2] as string, [1, 6]],
    ]),
    since: { kind: 'commit', commit: '0'.repeat(40), name: HOSTILE[0] as string },
  })
}

test('no name becomes markup, in the page or in the picture', () => {
  const view = viewOf(hostile(), [])
  const page = renderAccessHtml(view, HOSTILE[0] as string)
  assert.equal(page.match(/<script/g)?.length, 1)
  assert.equal(page.match(/<\/style>/g)?.length, 1)
  assert.not.match(page, /<img|\]\]>|[\u0000-\u0008\u000b-\u001f\u2028\u202e\ufffe]/)
  const picture = renderAccessSvg(view, HOSTILE[1] as string)
  assert.not.match(picture, /<script|<img|\]\]>|[\u0000-\u0008\u000b-\u001f\u2028\u202e\ufffe]/)
})

if (needs('the page of access in a real browser', 'chromium')) {
  test('the page in Chromium', () => inChromium())
}

async function inChromium(): Promise<void> {
  const box = new Sandbox('access-page')
  const place = (name: string, text: string) => {
    writeFileSync(box.path(name), text)
    return `file://${box.path(name)}`
  }
  const fleetView = viewOf(fleet(500, 60), [])
  const pages = {
    hostile: place('hostile.html', renderAccessHtml(viewOf(hostile(), []), HOSTILE[0] as string)),
    picture: place('picture.svg', renderAccessSvg(viewOf(hostile(), []), HOSTILE[1] as string)),
    small: place('small.html', renderAccessHtml(viewOf(fleet(14, 10), []), 'infra')),
    large: place('large.html', renderAccessHtml(fleetView, 'infra')),
  }
  const browser = await Chromium.start()
  try {
    const heard = new Heard(browser)
    await size(browser, 1280, 800)
    await hostileNames(browser, pages.hostile, pages.picture)
    await contrast(browser, pages.small)
    await rendering(browser, pages.large)
    await sticky(browser)
    await searching(browser)
    await keyboard(browser)
    await folding(browser)
    // The documents themselves, and nothing else.
    assert.equal(
      heard.sent.filter((url) => !Object.values(pages).includes(url)),
      [],
    )
    assert.equal(heard.complaints, [])
    await blocked(browser)
    assert.is(heard.sent.length, 4)
  } finally {
    await browser.close()
  }
}

/** What a page asks the network for, and what it complains of. */
class Heard {
  readonly complaints: string[] = []
  readonly #requests = new Map<unknown, string>()

  constructor(browser: Chromium) {
    browser.on((method, params) => {
      const { requestId } = params
      if (method === 'Network.requestWillBeSent')
        this.#requests.set(requestId, (params.request as { url: string }).url)
      // The page's own policy stopped it before it went anywhere.
      if (method === 'Network.loadingFailed' && params.blockedReason === 'csp')
        this.#requests.delete(requestId)
      if (['Runtime.exceptionThrown', 'Runtime.consoleAPICalled', 'Log.entryAdded'].includes(method))
        this.complaints.push(JSON.stringify(params))
    })
  }

  get sent(): string[] {
    return [...this.#requests.values()].filter((url) => url !== 'data:,')
  }
}

function size(browser: Chromium, width: number, height: number) {
  return browser.send('Emulation.setDeviceMetricsOverride', {
    width,
    height,
    deviceScaleFactor: 1,
    mobile: false,
  })
}

function colours(browser: Chromium, scheme: 'light' | 'dark') {
  return browser.send('Emulation.setEmulatedMedia', {
    features: [{ name: 'prefers-color-scheme', value: scheme }],
  })
}

async function hostileNames(browser: Chromium, page: string, picture: string): Promise<void> {
  await browser.open(page)
  const found = await browser.evaluate<{
    title: string
    scripts: number
    odd: number
    handlers: number
    names: string[]
  }>(`({
    title: document.title,
    scripts: document.scripts.length,
    odd: document.querySelectorAll('img, iframe, object, a:not(.skip), table table, [autofocus]').length,
    handlers: [...document.querySelectorAll('*')].flatMap((one) => [...one.attributes]).filter(({ name }) => name.startsWith('on')).length,
    names: [...document.querySelectorAll('tbody tr:not(.dir) th bdi')].map((one) => one.textContent),
  })`)
  assert.is(found.title, 'Who can read what: "<script>document.title=\\"owned\\"</script>"')
  assert.equal([found.scripts, found.odd, found.handlers], [1, 0, 0])
  for (const name of ['"\\342\\200\\256gnp.exe"', '"\\377\\376<b>"', 'عربي', 'script>']) {
    assert.ok(found.names.includes(name), `${name} in ${found.names}`)
  }
  await browser.open(picture)
  const svg = await browser.evaluate<[string, number]>(
    `[document.documentElement.localName, document.querySelectorAll('script, parsererror, img').length]`,
  )
  assert.equal(svg, ['svg', 0])
}

/** Every text that is shown, against what is behind it: WCAG 2.2 AA, 4.5 to 1. */
const CONTRAST = `(() => {
  const rgb = (text) => (text.match(/[\\d.]+/g) ?? []).map(Number)
  const light = ([r, g, b]) => [r, g, b].map((part) => {
    const one = part / 255
    return one <= 0.03928 ? one / 12.92 : ((one + 0.055) / 1.055) ** 2.4
  }).reduce((sum, part, i) => sum + part * [0.2126, 0.7152, 0.0722][i], 0)
  const behind = (element) => {
    for (let one = element; one !== null; one = one.parentElement) {
      const color = rgb(getComputedStyle(one).backgroundColor)
      if (color.length === 3 || color[3] > 0) return color
    }
    return [255, 255, 255]
  }
  const bad = new Set()
  let looked = 0
  for (const element of document.querySelectorAll('body *')) {
    const own = [...element.childNodes].some((node) => node.nodeType === 3 && node.data.trim() !== '')
    if (!own || element.getClientRects().length === 0) continue
    looked++
    const [front, back] = [rgb(getComputedStyle(element).color), behind(element)].map(light)
    const ratio = (Math.max(front, back) + 0.05) / (Math.min(front, back) + 0.05)
    if (ratio < 4.5) bad.add(element.localName + '.' + element.className + ' ' + element.textContent.slice(0, 20) + ' ' + ratio.toFixed(2))
  }
  for (const field of document.querySelectorAll('input[type=search]')) {
    const [front, back] = [rgb(getComputedStyle(field, '::placeholder').color), behind(field)].map(light)
    if ((Math.max(front, back) + 0.05) / (Math.min(front, back) + 0.05) < 4.5) bad.add('placeholder')
  }
  return { bad: [...bad], looked, page: getComputedStyle(document.body).backgroundColor }
})()`

async function contrast(browser: Chromium, page: string): Promise<void> {
  await colours(browser, 'light')
  await browser.open(page)
  type Found = { bad: string[]; looked: number; page: string }
  const grounds: string[] = []
  const look = async () => {
    const { bad, looked, page: ground } = await browser.evaluate<Found>(CONTRAST)
    assert.equal(bad, [])
    assert.ok(looked > 50)
    grounds.push(ground)
  }
  const click = () => browser.evaluate(`document.getElementById('theme').click()`)
  await look()
  await colours(browser, 'dark')
  await look()
  // The switch wins over the system, both ways, and goes back to it.
  await click()
  await colours(browser, 'light')
  await look()
  await click()
  await colours(browser, 'dark')
  await look()
  await click()
  await look()
  const [light, dark] = grounds
  assert.is.not(light, dark)
  assert.equal(grounds, [light, dark, dark, light, dark])
  // With a row and a column pointed at.
  await browser.evaluate(`document.querySelector('tbody tr:not(.dir) td').click()`)
  await look()
  await colours(browser, 'light')
  await look()
}

async function rendering(browser: Chromium, page: string): Promise<void> {
  await browser.send('Performance.enable')
  const before = await busy(browser)
  await browser.open(page)
  const cells = await browser.evaluate<number>(`document.querySelectorAll('td').length`)
  assert.ok(cells > 29_000, `${cells} cells`)
  // A second of one core where nothing else runs.
  const taken = (await busy(browser)) - before
  assert.ok(taken < 15, `busy for ${taken} s`)
}

async function busy(browser: Chromium): Promise<number> {
  const { metrics } = (await browser.send('Performance.getMetrics')) as {
    metrics: { name: string; value: number }[]
  }
  return metrics.find(({ name }) => name === 'TaskDuration')?.value ?? 0
}

async function sticky(browser: Chromium): Promise<void> {
  const [before, after, folder] = await browser.evaluate<[number[], number[], number]>(`(() => {
    const box = document.querySelector('.scroll')
    const places = () => [
      document.querySelector('thead th:nth-child(20)').getBoundingClientRect().top,
      document.querySelector('.corner').getBoundingClientRect().top,
      document.querySelector('.corner').getBoundingClientRect().left,
      document.querySelectorAll('tbody tr:not(.dir) th')[30].getBoundingClientRect().left,
    ]
    const before = places()
    box.scrollTo(400, 900)
    const head = document.querySelector('.corner').getBoundingClientRect().bottom
    const folders = [...document.querySelectorAll('.dir th')].map((one) => one.getBoundingClientRect().top - head)
    const after = places()
    const moved = [box.scrollLeft, box.scrollTop]
    if (moved[0] !== 400 || moved[1] !== 900) throw new Error('not scrolled: ' + moved)
    return [before, after, Math.min(...folders.map(Math.abs))]
  })()`)
  assert.equal(after, before)
  assert.ok(folder <= 1, `a folder's head is ${folder} px from the heads`)
  // On a telephone likewise.
  await size(browser, 390, 700)
  const phone = await browser.evaluate<number[]>(`(() => {
    const box = document.querySelector('.scroll')
    box.scrollTo(300, 600)
    const around = box.getBoundingClientRect()
    const { top, left } = document.querySelector('.corner').getBoundingClientRect()
    return [top - around.top, left - around.left, document.documentElement.scrollWidth]
  })()`)
  assert.ok((phone[0] as number) <= 1 && (phone[1] as number) <= 1 && (phone[2] as number) <= 390, `${phone}`)
  await size(browser, 1280, 800)
  await browser.evaluate(`document.querySelector('.scroll').scrollTo(0, 0)`)
}

/** What is shown: secrets, columns, and what the page says of it. */
const SHOWN = `(() => {
  const seen = (one) => one.getClientRects().length > 0
  return {
    secrets: [...document.querySelectorAll('tbody tr:not(.dir) th')].filter(seen).length,
    readers: [...document.querySelectorAll('thead th:not(.corner) bdi')].filter(seen).map((one) => one.textContent),
    says: document.getElementById('shown').textContent,
  }
})()`
type Shown = { secrets: number; readers: string[]; says: string }

async function searching(browser: Chromium): Promise<void> {
  const find = async (id: string, text: string) => {
    await browser.evaluate(
      `(() => { const one = document.getElementById('${id}'); one.value = ''; one.focus() })()`,
    )
    if (text === '')
      await browser.evaluate(`document.getElementById('${id}').dispatchEvent(new Event('input'))`)
    else await browser.type(text)
    return browser.evaluate<Shown>(SHOWN)
  }
  const choose = async (value: string) => {
    await browser.evaluate(`document.querySelector('[value=${value}]').click()`)
    return browser.evaluate<Shown>(SHOWN)
  }
  const { rows } = viewOf(fleet(500, 60), [])
  const all = await browser.evaluate<Shown>(SHOWN)
  assert.is(all.secrets, 500)
  assert.is(all.says, `500 of 500 secrets, ${all.readers.length} of ${all.readers.length} columns`)
  // A part of a path: those rows, and who reads any of them.
  const web = await find('find-secrets', 'hosts/web1/')
  assert.is(web.secrets, rows.filter(({ path }) => path.includes('hosts/web1/')).length)
  assert.equal(
    web.readers.filter((name) => !['web1', 'mallory'].includes(name)),
    ['@admins', 'backup'],
  )
  // A whole name: that reader alone, and what they read.
  await find('find-secrets', '')
  const one = await find('find-readers', 'WEB1')
  assert.equal(one.readers, ['web1'])
  assert.ok(one.secrets > 0 && one.secrets < 200)
  const members = await find('find-readers', 'carol')
  assert.equal(members.readers, ['@admins'])
  const none = await find('find-readers', 'nobody at all')
  assert.equal([none.secrets, none.readers.length], [0, 0])
  assert.ok(await browser.evaluate(`document.querySelector('.nothing').getClientRects().length > 0`))
  await browser.evaluate(`document.getElementById('clear').click()`)
  assert.equal(await browser.evaluate<Shown>(SHOWN), all)
  assert.is(
    (await choose('mend')).secrets,
    rows.filter(({ state, cells }) => ['stale', 'plaintext'].includes(state) || cells.includes('former'))
      .length,
  )
  assert.is((await choose('changed')).secrets, rows.filter(({ change }) => change !== null).length)
  assert.equal(await choose('all'), all)
}

/** The cell that has the focus: row, column, text of its row's head. */
const FOCUSED = `(() => {
  const cell = document.activeElement.closest('th, td')
  if (cell === null) return [document.activeElement.id || document.activeElement.className || document.activeElement.localName]
  return [cell.parentElement.rowIndex, cell.cellIndex]
})()`

async function keyboard(browser: Chromium): Promise<void> {
  await browser.evaluate(`document.activeElement.blur(); document.querySelector('.scroll').scrollTo(0, 0)`)
  await browser.send('Page.bringToFront')
  const tab = async (): Promise<unknown[]> => {
    await browser.press('Tab')
    return browser.evaluate<unknown[]>(FOCUSED)
  }
  // From the first: the skip link, then every control once, then one cell of the matrix.
  await browser.evaluate(`document.querySelector('.skip').focus()`)
  assert.ok(await browser.evaluate(`document.querySelector('.skip').getBoundingClientRect().top >= 0`))
  const order: unknown[] = []
  for (let i = 0; i < 9; i++) {
    order.push((await tab()).join())
    if (String(order.at(-1)).includes(',')) break
  }
  const radio = 'input'
  assert.equal(order, ['summary', 'find-secrets', 'find-readers', radio, 'fold', 'groups', 'theme', '1,0'])
  const press = async (key: string, modifiers = 0) => {
    await browser.press(key, modifiers)
    return (await browser.evaluate<number[]>(FOCUSED)).join()
  }
  assert.is(await press('ArrowRight'), '1,1')
  assert.is(await press('ArrowDown'), '2,1')
  assert.is(await press('ArrowUp'), '1,1')
  const width = await browser.evaluate<number>(`document.querySelector('thead tr').cells.length`)
  assert.is(await press('End'), `1,${width - 1}`)
  assert.ok(await browser.evaluate(IN_SIGHT), 'the last column came into sight')
  assert.match(await press('End', 2), new RegExp(`^\\d{3},${width - 1}$`))
  assert.ok(await browser.evaluate(IN_SIGHT), 'the last row came into sight')
  assert.is(
    await press('Home'),
    `${await browser.evaluate<number>(`document.getElementById('matrix').rows.length - 1`)},0`,
  )
  await press('PageUp')
  await press('ArrowRight')
  assert.ok(await browser.evaluate(IN_SIGHT))
  const outline = await browser.evaluate<string>(`getComputedStyle(document.activeElement).outlineStyle`)
  assert.is(outline, 'solid')
  assert.match(
    await browser.evaluate<string>(`document.getElementById('here').textContent`),
    /^secrets\/\S+ · @admins \(alice, bob, carol\): /,
  )
  // Tab leaves the matrix: one stop for all of its cells.
  assert.not.match((await tab()).join(), /,/)
  await browser.press('Tab', 8)
}

/** Whether the cell with the focus is under none of the sticky heads. */
const IN_SIGHT = `(() => {
  const at = document.activeElement.getBoundingClientRect()
  const top = document.elementFromPoint(at.left + at.width / 2, at.top + at.height / 2)
  return document.activeElement.contains(top)
})()`

async function folding(browser: Chromium): Promise<void> {
  const all = await browser.evaluate<Shown>(SHOWN)
  // Enter on a folder's head folds it, and again.
  await browser.evaluate(
    `document.querySelector('.dir th').click(); document.querySelector('.dir th').focus()`,
  )
  const folded = await browser.evaluate<Shown>(SHOWN)
  assert.ok(folded.secrets < all.secrets)
  await browser.press('Enter')
  assert.equal(await browser.evaluate<Shown>(SHOWN), all)
  await browser.evaluate(`document.getElementById('fold').click()`)
  assert.is((await browser.evaluate<Shown>(SHOWN)).secrets, 0)
  await browser.evaluate(`document.getElementById('fold').click()`)
  // A group shows its members, each with what the group reads.
  const group = `[...document.querySelectorAll('thead th')].find((one) => one.dataset.members !== undefined)`
  await browser.evaluate(`${group}.click()`)
  const open = await browser.evaluate<Shown>(SHOWN)
  assert.equal(open.readers.slice(0, 4), ['@admins', 'alice', 'bob', 'carol'])
  const same = await browser.evaluate<boolean>(
    `[...document.querySelectorAll('tbody tr')].every(({ cells }) => [2, 3, 4].every((i) => cells[i].textContent === cells[1].textContent && cells[i].className === cells[1].className))`,
  )
  assert.ok(same)
  await browser.press('Enter')
  assert.equal(await browser.evaluate<Shown>(SHOWN), all)
}

/** The policy holds: what is no part of the page does not run, and nothing can be loaded. */
async function blocked(browser: Chromium): Promise<void> {
  const before = await browser.evaluate<string>(`document.title`)
  await browser.evaluate(`(() => {
    const script = document.createElement('script')
    script.textContent = 'document.title = "owned"'
    document.body.append(script)
    const image = document.createElement('img')
    image.src = 'https://example.org/x.png'
    document.body.append(image)
    return fetch('https://example.org/').catch(() => {})
  })()`)
  assert.is(await browser.evaluate(`document.title`), before)
}

test('the page and its parts stand beside the bundle', () => {
  const there = readdirSync(join(import.meta.dirname, '../../dist/cli'))
  assert.ok(['access-page.css', 'access-page.js'].every((name) => there.includes(name)))
})

test.run()
