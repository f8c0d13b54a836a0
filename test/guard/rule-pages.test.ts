import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { ABOUT } from '../../src/guard/rules/about.ts'
import { GATE_RULES } from '../../src/guard/silence/gate-rules.ts'
import { RULE_IDS } from '../../src/policy/rule-ids.ts'

const TOP = new URL('../../', import.meta.url)
const SECTIONS = [
  '## What it finds',
  '## Why it matters',
  '## How to mend it',
  '## What it does not find',
  '## How to silence it',
]

const read = (path: string): string => readFileSync(new URL(path, TOP), 'utf8')

function sentence(summary: string): string {
  return `${summary.charAt(0).toUpperCase()}${summary.slice(1)}.`
}

/** Headings as GitHub makes anchors of them. */
function anchors(text: string): string[] {
  return [...text.replace(/^```[\s\S]*?^```/gm, '').matchAll(/^#+ (.*)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replace(/[^\w\- ]/g, '')
      .replaceAll(' ', '-'),
  )
}

test('every rule has a page, and every page a rule', () => {
  const pages = readdirSync(new URL('docs/rules/', TOP)).filter((name) => name !== 'README.md')
  assert.equal(pages.sort(), RULE_IDS.map((id) => `${id}.md`).sort())
  assert.equal(Object.keys(ABOUT).sort(), [...RULE_IDS].sort())
})

test('pages say what the catalogue says, have their sections, and are short', () => {
  for (const { id, severity, summary, page } of Object.values(ABOUT)) {
    const text = read(page)
    assert.ok(text.startsWith(`# ${id}\n\n${sentence(summary)}\n\nSeverity: **${severity}**`), id)
    assert.equal(text.match(/^## .*$/gm), SECTIONS, id)
    const lines = text.split('\n')
    assert.ok(lines.length >= 25 && lines.length <= 61, `${id}: ${lines.length} lines`)
    assert.ok(
      lines.every((line) => [...line].length <= 132),
      id,
    )
  }
})

test('the table of rules is the catalogue', () => {
  const rows = [...read('docs/rules/README.md').matchAll(/^\| \[`(.+)`\]\((.+)\) \| (.+) \| (.+) \|$/gm)]
  assert.equal(
    rows.map(([, ...cells]) => cells),
    RULE_IDS.map((id) => [id, `${id}.md`, ABOUT[id].severity, ABOUT[id].summary]),
  )
})

test('the pages of rules that cannot be silenced by what is pushed say so, and no others', () => {
  const list =
    /for these rules, the gates take no word[^:]*:([\s\S]*?)\.\n/.exec(read('docs/rules/README.md'))?.[1] ??
    ''
  assert.equal([...list.matchAll(/`(.+?)`/g)].map(([, id]) => id).sort(), [...GATE_RULES].sort())
  for (const id of RULE_IDS) {
    const says = read(ABOUT[id].page).includes('README.md#what-cannot-be-allowed-by-what-is-pushed')
    assert.is(says, GATE_RULES.has(id), id)
  }
})

test('links lead somewhere', () => {
  let count = 0
  const files = ['docs/policy.md', 'docs/rules/README.md', ...RULE_IDS.map((id) => ABOUT[id].page)]
  for (const file of files) {
    for (const [, target = ''] of read(file).matchAll(/\]\(([^)]+)\)/g)) {
      if (/^https:/.test(target)) continue
      const [path = '', anchor] = target.split('#')
      const url = path === '' ? new URL(file, TOP) : new URL(path, new URL(file, TOP))
      assert.ok(existsSync(url), `${file}: ${target}`)
      if (anchor !== undefined)
        assert.ok(anchors(readFileSync(url, 'utf8')).includes(anchor), `${file}: ${target}`)
      count++
    }
  }
  assert.ok(count > 30)
})

test('words of the catalogue are sentences, and the package holds the pages', () => {
  for (const { id, summary, why, mend } of Object.values(ABOUT)) {
    assert.match(summary, /^[a-z].*[^.]$/, id)
    for (const text of [why, mend]) assert.match(text, /^[A-Z][^\n]*\.$/, id)
  }
  assert.ok(JSON.parse(read('package.json')).files.includes('docs/rules'))
})

test.run()
