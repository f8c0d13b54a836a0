import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { textPath } from '../../../src/byte-path.ts'
import { foreignCiphertext } from '../../../src/guard/content/foreign-ciphertext.ts'
import { fixtures } from './fixture.ts'

const LINES = [
  'other: hunter2',
  '- hunter2',
  'hunter2',
  '# other: hunter2',
  'a: {b: hunter2}',
  '? hunter2',
  '---',
]

/** Whether a line would stand in a block scalar, where any line is its text. */
function isInBlock(lines: readonly string[], index: number): boolean {
  for (let i = index - 1; i >= 0; i--) {
    if (/[|]-?\r?$/.test(lines[i] as string)) return true
    if (/^\s*(?:- )?\s*[\w" ']+:/.test(lines[i] as string)) return false
  }
  return false
}

test('no line put anywhere into a document of SOPS, however far in, is missed', () => {
  const documents = fixtures('sops', 'ok').filter(({ name }) => /^ok\.(nested|old|documents|crlf)/.test(name))
  assert.is(documents.length, 4)
  for (const { name, content } of documents) {
    const all = content.toString().split('\n')
    for (let index = 0; index < all.length; index++) {
      if (isInBlock(all, index)) continue
      for (let indent = 0; indent <= 12; indent++)
        for (const line of LINES) {
          const text = all.toSpliced(index, 0, ' '.repeat(indent) + line).join('\n')
          if (foreignCiphertext(textPath('x'), Buffer.from(text)) !== 'sops') continue
          // A mark between documents is no value.
          assert.ok(line === '---' && indent === 0, `${name} line ${index + 1}, ${indent} spaces: ${line}`)
        }
    }
  }
})

test.run()
