import fc from 'fast-check'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { placeOf } from '../../../src/guard/content/place.ts'

const place = (text: string | Buffer, offset: number) => {
  const { line, column } = placeOf(Buffer.from(text as string), offset)
  return `${line}:${column}`
}

test('lines and columns from 1', () => {
  assert.is(place('', 0), '1:1')
  assert.is(place('ab', 1), '1:2')
  assert.is(place('a\nb', 1), '1:2', 'the line feed belongs to its line')
  assert.is(place('a\nb', 2), '2:1')
  assert.is(place('a\r\nb', 3), '2:1')
  assert.is(place('a\n\n\nb', 4), '4:1')
  assert.is(place('ab', 99), '1:3')
  assert.is(place('ab\n', 3), '2:1')
})

test('columns are characters, or bytes where the line is no UTF-8', () => {
  const text = 'x\nä€😀z\n'
  const at = Buffer.from(text).indexOf('z')
  assert.is(place(text, at), '2:4')
  assert.is(place(text, at - 2), '2:3', 'inside the last character')
  assert.is(place(Buffer.from('ä\n\xffäz', 'latin1'), 5), '2:4')
  assert.is(place(Buffer.concat([Buffer.from('ä\xff\n', 'latin1'), Buffer.from('äz')]), 5), '2:2')
  assert.is(place(Buffer.from('ab\xff', 'latin1'), 1), '1:2', 'what is wrong may follow')
})

test('as splitting the text tells', () => {
  fc.assert(
    fc.property(fc.string({ unit: fc.constantFrom('a', '\n', '\r\n', 'é', '😀') }), fc.nat(), (text, nat) => {
      const characters = [...text]
      const before = characters.slice(0, nat % (characters.length + 1)).join('')
      const lines = before.split('\n')
      const expected = `${lines.length}:${[...(lines.at(-1) as string)].length + 1}`
      assert.is(place(text, Buffer.byteLength(before)), expected)
    }),
  )
})

test.run()
