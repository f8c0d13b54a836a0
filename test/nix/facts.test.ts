import { readdirSync, readFileSync } from 'node:fs'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import type { NixFact } from '../../src/nix/facts.ts'
import { nixFacts } from '../../src/nix/nix-facts.ts'

const LEAKS = new URL('./leaks/', import.meta.url)
const LOOK_ALIKES = new URL('./look-alikes/', import.meta.url)

// In `leaks/`, `# leak: KIND WHAT` stands behind what must be found, `# leak below: …` above it where a comment
// can't stand, `# and: …` behind a second one. In `look-alikes/`, `# ok` stands behind each text that must not be found.
const MARK = /# leak( below)?: (.*)$/

for (const name of readdirSync(LEAKS))
  test(`finds what was planted in ${name}, where it stands, and nothing else`, () => {
    const source = readFileSync(new URL(name, LEAKS), 'latin1')
    const planted = source.split('\n').flatMap((line, i) => {
      const mark = MARK.exec(line)
      if (mark === null) return []
      const at = i + (mark[1] === undefined ? 1 : 2)
      return (mark[2] ?? '').split(' # and: ').map((what) => `${at}: ${what}`)
    })
    assert.equal(found(source), planted)
  })

for (const name of readdirSync(LOOK_ALIKES))
  test(`finds nothing in ${name}`, () => {
    assert.equal(found(readFileSync(new URL(name, LOOK_ALIKES), 'latin1')), [])
  })

test('200 leaks are planted among 500 look-alikes', () => {
  const count = (dir: URL, mark: RegExp) =>
    readdirSync(dir).reduce(
      (sum, name) => sum + (readFileSync(new URL(name, dir), 'utf8').match(mark)?.length ?? 0),
      0,
    )
  assert.ok(count(LEAKS, /# leak( below)?: /g) >= 200)
  assert.ok(count(LOOK_ALIKES, /# ok\b/g) >= 500)
})

function found(source: string): string[] {
  return nixFacts(source).map((fact) => `${source.slice(0, fact.offset).split('\n').length}: ${show(fact)}`)
}

function show(fact: NixFact): string {
  switch (fact.kind) {
    case 'inline-secret':
      return `${fact.hash ? 'hash' : 'secret'} ${fact.option}`
    case 'file-option':
      return `file ${fact.option} -> ${showTarget(fact.target)}`
    case 'eval-read':
      return `read ${fact.how} ${showTarget(fact.target)}`
    case 'eval-command':
      return `command ${fact.how}${fact.shows === null ? '' : ` -> ${showTarget(fact.shows)}`}`
    case 'unreadable':
      return `unreadable ${fact.reason}`
  }
}

function showTarget({ base, path }: { readonly base: string; readonly path: string }): string {
  return base === 'flake' ? `flake:${path}` : path
}

test.run()
