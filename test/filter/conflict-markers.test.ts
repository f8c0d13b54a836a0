import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { ConflictMarkers } from '../../src/filter/conflict-markers.ts'

const CONFLICT = 'a\n<<<<<<< ours\nx\n=======\ny\n>>>>>>> theirs\nb\n'

function found(text: string, size = text.length): boolean {
  const markers = new ConflictMarkers()
  for (let at = 0; at < text.length; at += size) markers.push(Buffer.from(text.slice(at, at + size)))
  markers.end()
  return markers.found
}

test('a whole set of markers is found, however the text is cut', () => {
  for (let size = 1; size <= CONFLICT.length; size++) assert.ok(found(CONFLICT, size), `pieces of ${size}`)
})

test('longer markers, diff3 style, CRLF, and none behind the last line', () => {
  assert.ok(
    found(
      CONFLICT.replaceAll('<<<<<<<', '<<<<<<<<')
        .replaceAll('=======', '========')
        .replaceAll('>>>>>>>', '>>>>>>>>'),
    ),
  )
  assert.ok(found('<<<<<<< a\n||||||| b\n=======\n>>>>>>> c'))
  assert.ok(found(CONFLICT.replaceAll('\n', '\r\n')))
})

test('what only looks like them is not', () => {
  assert.not(found('<<<<<<< a\n=======\n'))
  assert.not(found('=======\n>>>>>>> a\n<<<<<<< b\n'))
  assert.not(found(' <<<<<<< a\n =======\n >>>>>>> b\n'))
  assert.not(found('<<<<<<<a\n=======a\n>>>>>>>b\n'))
  assert.not(found('Title\n=======\ntext\n'))
})

test.run()
