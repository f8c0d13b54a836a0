import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { PassphraseLine } from '../../src/host/passphrase-line.ts'

for (const [name, typed, event, text] of [
  ['letters and Enter', 'hunter2\r', 'done', 'hunter2'],
  ['line feed', 'a\n', 'done', 'a'],
  ['nothing', '\r', 'done', ''],
  ['spaces and tabs stay', ' a\tb \r', 'done', ' a\tb '],
  ['what stands behind Enter is dropped', 'a\rb', 'done', 'a'],
  ['backspace takes a character', 'aé😀\x7f\x7fb\r', 'done', 'ab'],
  ['more backspaces than characters', '\x7fa\x08\x08\x08b\r', 'done', 'b'],
  ['Ctrl-U takes the line', 'abc\x15d\r', 'done', 'd'],
  ['Ctrl-C', 'abc\x03', 'interrupt', null],
  ['Ctrl-D on nothing', '\x04', 'end', null],
  ['Ctrl-D on something', 'abc\x04', 'done', 'abc'],
  ['arrow keys and other controls mean nothing', 'a\x1b[A\x1bOP\x1b[1;5Cb\x01\x1a\r', 'done', 'ab'],
  ['unfinished', 'abc', 'more', 'abc'],
  ['1,024 bytes fit', `${'a'.repeat(1024)}\r`, 'done', 'a'.repeat(1024)],
] as const) {
  test(name, () => {
    const line = new PassphraseLine()
    assert.is(line.type(Buffer.from(typed)), event)
    if (text !== null) assert.is(line.text(), text)
    const bytes = new PassphraseLine()
    let last = 'more'
    for (const byte of Buffer.from(typed)) {
      if (last === 'more') last = bytes.type(Buffer.of(byte))
    }
    assert.is(last, event)
    if (text !== null) assert.is(bytes.text(), text)
  })
}

test('more than 1,024 bytes are not taken, and it says so', () => {
  const line = new PassphraseLine()
  assert.is(line.type(Buffer.alloc(1025, 'a')), 'full')
  assert.is(line.text(), 'a'.repeat(1024))
  line.wipe()
  assert.is(line.text(), '')
})

test.run()
