import fc from 'fast-check'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { type BytePath, textPath } from '../../src/byte-path.ts'
import type { Change } from '../../src/policy/change.ts'
import { comparePolicies, givesNoMore } from '../../src/policy/compare-policies.ts'
import { compilePattern } from '../../src/policy/match-path.ts'
import { parsePolicy } from '../../src/policy/parse-policy.ts'
import type { Policy } from '../../src/policy/policy.ts'
import { formatOf, readersOf, storeOf } from '../../src/policy/readers-of.ts'
import { PatternRelations } from '../../src/policy/relate-patterns.ts'
import { cpuTime } from '../support/cpu-time.ts'

const canonical = (key: string) => key.split(' ')[0] as string
const read = (text: string) => parsePolicy(`version = 1\n${text}`, 'nixsecret.toml')
const path = (name: string) => textPath(name)

const KEYS = `[recipients]
alice = "age1alice"
bob = "age1bob"
web = "age1web"
`

function gains(before: string, after: string, paths: string[] = []): Change[] {
  return comparePolicies([read(before)], read(after), { paths: paths.map(path), canonical })
}

/** `KEY: paths; patterns` of every reader who gains. */
function readers(before: string, after: string, paths: string[] = []): string[] {
  return gains(before, after, paths).map((change) => {
    if (change.kind !== 'reader') return change.kind
    return `${change.key}: ${change.paths.join(' ')}; ${change.patterns.join(' ')}`
  })
}

test('a newcomer, a swapped key, a wider group, and what only takes away', () => {
  const base = `${KEYS}[groups]\nall = ["alice"]\n[default]\nto = ["alice"]\n[[rule]]\npaths = ["/s/web/**"]\nto = ["@all", "web"]\n`
  assert.equal(readers(base, base, ['s/db']), [])
  const wider = base.replace('all = ["alice"]', 'all = ["alice", "bob"]')
  assert.equal(readers(base, wider, ['s/db', 's/web/a']), ['age1bob: s/web/a; /s/web/**'])
  assert.equal(readers(wider, base, ['s/db', 's/web/a']), [])
  const swapped = base.replace('alice = "age1alice"', 'alice = "age1other alice@laptop"')
  assert.equal(readers(base, swapped, ['s/db']), ['age1other: s/db; /s/web/** /**'])
  assert.equal(
    gains(base, swapped).map((change) => change.kind === 'reader' && change.instead),
    [['age1alice']],
  )
  const renamed = base.replaceAll('"alice"', '"al"').replace('alice =', 'al =')
  assert.equal(readers(base, renamed, ['s/db', 's/web/a']), [], 'keys count, not names')
  const [change] = gains(base, `${base.replace('web = "', 'web = "age1alice"\nbob2 = "')}`)
  assert.is(change, undefined, 'a key under two names is one reader')
})

test('reordered rules, and a file that no pattern of the two shows', () => {
  const prod = '[[rule]]\npaths = ["/s/prod-*"]\nto = ["alice"]\n'
  const all = '[[rule]]\npaths = ["/s/*"]\nto = ["alice", "bob"]\n'
  const base = `${KEYS}${prod}${all}`
  assert.equal(readers(base, `${KEYS}${all}${prod}`, ['s/prod-db']), ['age1bob: s/prod-db; /s/prod-*'])
  const narrower = base.replace('/s/prod-*', '/s/prod-x*')
  assert.equal(readers(base, narrower), ['age1bob: ; /s/prod-*'], 'all but prod-x* falls to the next rule')
  assert.equal(readers(base, base.replace('"/s/prod-*"', '"/s/prod-*", "/s/test-*"')), [])
  const other = `${KEYS}[[rule]]\npaths = ["/db/**"]\nto = ["alice"]\n${prod}`
  assert.equal(
    readers(`${KEYS}[default]\nto = ["alice"]\n${prod}`, `${other}[default]\nto = ["alice"]\n`),
    [],
  )
})

test('store, format, hosts and allowances', () => {
  const base = `${KEYS}[default]\nto = ["alice"]\n`
  const rule = (setting: string) => `${base}[[rule]]\npaths = ["/s/*"]\n${setting}\n`
  assert.equal(gains(base, rule('store = "plaintext"'), ['s/a', 't']), [
    { kind: 'store', paths: [path('s/a')], patterns: ['/s/*'], from: 'ciphertext', to: 'plaintext' },
  ])
  assert.equal(gains(rule('store = "plaintext"'), base, ['s/a']), [])
  assert.equal(gains(base, rule('format = "sops"')), [
    { kind: 'format', paths: [], patterns: ['/s/*'], from: 'age', to: 'sops' },
  ])
  assert.equal(gains(rule('format = "sops"'), base, ['s/a']), [])
  const host = `${base}[host.web1]\naddress = "root@web1"\n[[host.web1.key]]\npath = "/s/a"\n`
  assert.equal(
    gains(base, host).map(
      (change) => change.kind === 'host' && change.fields.map(({ field, to }) => `${field} ${to}`),
    ),
    [['address root@web1', 'layout keys', 'key s/a']],
  )
  assert.equal(gains(host, host.replace('root@web1', 'root@evil')), [
    { kind: 'host', name: 'web1', fields: [{ field: 'address', from: 'root@web1', to: 'root@evil' }] },
  ])
  assert.equal(gains(host, `${host}user = "nobody"\n`), [
    { kind: 'host', name: 'web1', fields: [{ field: 'key', from: null, to: 's/a, user nobody' }] },
  ])
  assert.equal(gains(`${host}[[host.web1.key]]\npath = "/s/b"\n`, host), [])
  const allow = (paths: string, reason: string) =>
    `${base}[[check.allow]]\nrule = "credential"\npaths = [${paths}]\nreason = "${reason}"\n`
  assert.equal(gains(allow('"/a"', 'one'), allow('"/a", "/b"', 'two')), [
    { kind: 'allow', rule: 'credential', patterns: ['/b'], reason: 'two' },
  ])
  assert.equal(gains(allow('"/a"', 'one'), allow('"/a"', 'two')), [])
})

test('against several: what one of them lacks is gained; against none all is', () => {
  const a = read(`${KEYS}[default]\nto = ["alice", "bob"]\n`)
  const b = read(`${KEYS}[default]\nto = ["alice", "web"]\n`)
  const c = read(`${KEYS}[default]\nto = ["alice", "bob", "web"]\n`)
  const keys = (changes: Change[]) => changes.map((change) => (change.kind === 'reader' ? change.key : ''))
  assert.equal(keys(comparePolicies([a, b], c, { paths: [], canonical })).sort(), ['age1bob', 'age1web'])
  assert.equal(keys(comparePolicies([], a, { paths: [], canonical })), ['age1alice', 'age1bob'])
})

const PATTERNS = [
  '/a',
  '/a/*',
  '/a/**',
  '/a/b*',
  '/a/[bc]',
  '*',
  '*b',
  'b',
  '/**/b',
  '/a/**/c',
  '/?/b',
  '/**',
  '/*/*',
]
const PATHS = [
  'a',
  'b',
  'c',
  'ab',
  'a/b',
  'a/c',
  'a/bb',
  'b/b',
  'b/c',
  'a/b/c',
  'a/a/b',
  'c/a/b/c',
  'a/a/a',
].map(path)
const to = fc.subarray(['alice', 'bob', 'web'], { minLength: 1 }).map((names) => JSON.stringify(names))
const rule = fc
  .record({
    paths: fc.subarray(PATTERNS, { minLength: 1, maxLength: 2 }),
    to: fc.option(to),
    store: fc.boolean(),
    format: fc.constantFrom(null, 'age', 'sops'),
  })
  .map((one) => {
    const settings = [
      one.to && `to = ${one.to}`,
      one.store && 'store = "plaintext"',
      one.format && `format = "${one.format}"`,
    ]
    const said = settings.filter(Boolean)
    return `[[rule]]\npaths = ${JSON.stringify(one.paths)}\n${said.length > 0 ? said.join('\n') : 'format = "age"'}\n`
  })
const policy: fc.Arbitrary<Policy> = fc
  .tuple(fc.array(rule, { maxLength: 4 }), fc.option(to))
  .map(([rules, all]) => read(`${KEYS}${all === null ? '' : `[default]\nto = ${all}\n`}${rules.join('')}`))

function keysAt(policy: Policy, at: BytePath): string[] {
  return (readersOf(policy, at) ?? []).map((name) => policy.recipients.get(name) as string)
}

test('whatever a path gains is told, by a pattern that names it', () => {
  const property = fc.property(policy, policy, (before, after) => {
    const changes = comparePolicies([before], after, { paths: [], canonical })
    const told = (kind: string, at: BytePath, key: string | null) =>
      changes.some(
        (change) =>
          change.kind === kind &&
          (change.kind !== 'reader' || change.key === key) &&
          'patterns' in change &&
          change.patterns.some((pattern) => compilePattern(pattern)(at)),
      )
    for (const at of PATHS) {
      const had = keysAt(before, at)
      for (const key of keysAt(after, at))
        if (!had.includes(key)) assert.ok(told('reader', at, key), `${at} ${key}`)
      if (storeOf(after, at) !== null && storeOf(before, at) === null) assert.ok(told('store', at, null))
      if (formatOf(after, at) === 'sops' && formatOf(before, at) === 'age')
        assert.ok(told('format', at, null))
    }
    const exact = comparePolicies([before], after, { paths: PATHS, canonical })
    for (const change of exact)
      if (change.kind === 'reader')
        for (const at of change.paths) assert.not.ok(keysAt(before, at).includes(change.key))
  })
  fc.assert(property, { numRuns: 1500 })
})

test('a policy gives no more than itself, nor than itself with one reader less', () => {
  const property = fc.property(policy, fc.nat(), (one, at) => {
    assert.ok(givesNoMore(one, one, { canonical }))
    assert.ok(givesNoMore(read(one.text.slice('version = 1\n'.length)), one, { canonical }))
    const lists = [...one.text.matchAll(/to = (\[.*\])/g)].filter(
      ([, list]) => JSON.parse(list as string).length > 1,
    )
    const list = lists[at % Math.max(1, lists.length)]
    if (list === undefined) return
    const less = `to = ${JSON.stringify(JSON.parse(list[1] as string).slice(1))}`
    const text = one.text.slice(0, list.index) + less + one.text.slice(list.index + list[0].length)
    assert.ok(givesNoMore(parsePolicy(text, 'nixsecret.toml'), one, { canonical }), text)
  })
  fc.assert(property, { numRuns: 500 })
})

test('of more patterns than can be held against each other, whoever is new anywhere is new, and it ends', () => {
  const many = (letter: string, last: string) =>
    `${KEYS}[default]\nto = ["alice"]\n${Array.from({ length: 500 }, (_, i) => `[[rule]]\npaths = ["*${letter}${i}*"]\nto = ["alice"]\n`).join('')}${last}`
  const before = many('q', '')
  assert.equal(readers(before, many('r', '')), [])
  const [found] = gains(before, many('r', '[[rule]]\npaths = ["*z*"]\nto = ["bob"]\nstore = "plaintext"\n'))
  assert.is(found?.kind === 'reader' && found.key, 'age1bob')
  assert.ok(found?.kind === 'reader' && found.patterns.includes('/**'))
  const taken = gains(many('q', '[[rule]]\npaths = ["*z*"]\nto = ["bob"]\n'), many('r', ''))
  assert.equal(
    taken.map((change) => change.kind === 'reader' && change.key),
    ['age1alice'],
  )
})

test('long patterns cost what they are long, and comparisons that belong together are bounded together', () => {
  const long = (i: number) => `${'a'.repeat(300)}${String(i).padStart(5, '0')}*${'b'.repeat(300)}`
  const relations = new PatternRelations(1_000_000)
  const before = cpuTime()
  let asked = 0
  for (; !relations.spent && asked < 10_000; asked++) relations.disjoint(long(asked % 40), long(asked % 37))
  assert.ok(asked < 4000, `${asked}`)
  assert.ok(cpuTime() - before < 3000)
  const one = read(`${KEYS}[default]\nto = ["alice"]\n[[rule]]\npaths = ["*x*"]\nto = ["bob"]\n`)
  const same = read(`${one.text.slice('version = 1\n'.length)}\n`)
  assert.ok(givesNoMore(same, one, { canonical }))
  assert.not(givesNoMore(same, one, { canonical, relations }), 'what can not be told any more counts as more')
})

test('where rules keep their patterns, what each one decides is told exactly, and soon', () => {
  const rules = (to: string) =>
    Array.from(
      { length: 40 },
      (_, i) => `[[rule]]\npaths = ["*${i}*a", "*${i}*b"]\nto = ["alice", "${to}"]\n`,
    )
  const policy = (to: string, first: string) =>
    `${KEYS}[default]\nto = ["alice"]\n[[rule]]\npaths = ["*.key"]\nto = ["${first}"]\n${rules(to).join('')}`
  const relations = new PatternRelations()
  const found = comparePolicies([read(policy('bob', 'alice'))], read(policy('bob', 'web')), {
    paths: [],
    canonical,
    relations,
  })
  // Of `*.key` alone, though all the others may name the same files.
  assert.equal(
    found.map((change) => (change.kind === 'reader' ? [change.key, change.patterns] : change.kind)),
    [['age1web', ['*.key']]],
  )
  const few = new PatternRelations(200_000)
  comparePolicies([read(policy('bob', 'web'))], read(policy('web', 'web')), {
    paths: [],
    canonical,
    relations: few,
  })
  assert.not(few.spent)
})

test('what is said of two patterns holds for every path', () => {
  const relations = new PatternRelations()
  for (const one of PATTERNS) {
    for (const other of PATTERNS) {
      const [a, b] = [compilePattern(one), compilePattern(other)]
      if (relations.contains(one, other))
        for (const at of PATHS) assert.ok(!b(at) || a(at), `${one} ${other} ${at}`)
      if (relations.disjoint(one, other))
        for (const at of PATHS) assert.not(a(at) && b(at), `${one} ${other} ${at}`)
    }
  }
  assert.ok(relations.contains('/a/**', '/a/b*'))
  assert.ok(relations.disjoint('/a/**', '/b/**'))
  assert.ok(relations.disjoint('/s/prod-*', '/s/test-*'))
  assert.ok(relations.disjoint('*.key', '/a/b.pem'))
  assert.not(relations.disjoint('*.key', '/a/**'))
  assert.is(relations.onlyPath('/a/\\*b'), 'a/*b')
})

test.run()
