import { lstatSync, mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { NixsecretError } from '../../../src/errors.ts'
import { parseBaseline } from '../../../src/guard/silence/baseline-text.ts'
import { writeBaseline } from '../../../src/guard/silence/write-baseline.ts'
import { Sandbox } from '../../support/sandbox.ts'
import { finding } from './silence-kit.ts'

const box = new Sandbox('baseline')
const file = box.path('nixsecret-baseline.json')

test.after.each(() => rmSync(file, { recursive: true, force: true }))

test('replaces what was there, and says how many lines it has and what it left out', () => {
  const raised = [finding({ subject: 'a' }), finding({ subject: 'a' }), finding({ commit: null })]
  assert.equal(writeBaseline(box.dir, [raised]), { entries: 1, skipped: 1 })
  assert.equal(
    parseBaseline(readFileSync(file)).entries.map(({ value, count }) => [value, count]),
    [['a', 2]],
  )
  const inode = lstatSync(file).ino
  assert.equal(writeBaseline(box.dir, [[finding({ subject: 'b' })]]), { entries: 1, skipped: 0 })
  assert.equal(
    parseBaseline(readFileSync(file)).entries.map(({ value }) => value),
    ['b'],
  )
  // In one step: another file took its place.
  assert.is.not(lstatSync(file).ino, inode)
  assert.equal(
    readdirSync(box.dir).filter((name) => name.includes('baseline')),
    ['nixsecret-baseline.json'],
  )
})

test('follows no link, and replaces no directory', () => {
  const other = box.path('other')
  writeFileSync(other, 'kept')
  symlinkSync(other, file)
  refused()
  assert.is(readFileSync(other, 'utf8'), 'kept')
  rmSync(file)
  mkdirSync(file)
  refused()
})

test('leaves nothing where it cannot write', () => {
  assert.throws(
    () => writeBaseline(box.path('none'), []),
    (error: unknown) => error instanceof NixsecretError && error.code === 'io',
  )
})

function refused(): void {
  assert.throws(
    () => writeBaseline(box.dir, []),
    (error: unknown) => error instanceof NixsecretError && error.code === 'refused',
  )
}

test.run()
