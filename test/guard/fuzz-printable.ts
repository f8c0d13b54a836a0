import * as assert from 'uvu/assert'

/** What steers a terminal or turns text around; a line feed where there may be several lines. */
const UNPRINTABLE = { line: /[\p{C}\p{Zl}\p{Zp}]/u, lines: /(?!\n)[\p{C}\p{Zl}\p{Zp}]/u } as const

/** Fails where a text holds what must not reach a terminal. */
export function assertPrintable(text: string, kind: 'line' | 'lines', about: string): void {
  const found = UNPRINTABLE[kind].exec(text)
  const place =
    found === null ? '' : JSON.stringify(text.slice(Math.max(0, found.index - 40), found.index + 40))
  assert.is(place, '', about)
}
