import { faultAt, MAX_SLOTS, type Slot, type SopsFormat, type SopsText, type Span } from '../document.ts'
import { type SopsValue, sopsValue } from '../sops-value.ts'
import { flatten, unflatten } from './flatten.ts'
import { textOf } from './text-of.ts'

const PREFIX = 'sops_'

/**
 * Dotenv as SOPS has it (https://github.com/getsops/sops/blob/main/stores/dotenv/store.go): a value is all behind the
 * first `=`, with `\n` for a line end, without quotes or spaces that mean anything; `#` begins a comment in the first
 * column alone.
 */
export const dotenvFormat: SopsFormat = {
  read: readDotenv,
  sealed: (_slot, sealed) => sealed,
  opened(slot, value) {
    const text = textOf(value)
    if (text === null) return null
    if (slot.value.type !== 'comment') return text.replaceAll('\n', '\\n')
    return text.includes('\n') ? null : text
  },
  metadataText: (tree) =>
    flatten(tree)
      .map(([name, value]) => `${PREFIX}${name}=${value.replaceAll('\n', '\\n')}\n`)
      .join(''),
  insertions(metadata, { text }) {
    const isOpen = text !== '' && !text.endsWith('\n')
    const body = metadata.replace(/\n+$/, '')
    return [{ start: text.length, end: text.length, text: isOpen ? `\n${body}` : `${body}\n` }]
  },
}

function readDotenv(text: string): SopsText {
  const slots: Slot[] = []
  const own: (Span & { readonly name: string; readonly value: string })[] = []
  let notes: string[] = []
  for (let start = 0; start < text.length; ) {
    const newline = text.indexOf('\n', start)
    const end = newline === -1 ? text.length : newline
    const line = text.slice(start, end)
    const equals = line.indexOf('=')
    const inForce = notes
    const slot = (from: number, value: SopsValue, path: string[]) => {
      const { length } = inForce
      if (value.data.length > 0)
        slots.push({ start: from, end, value, path, comments: () => [inForce.slice(0, length)] })
    }
    if (line.startsWith('#')) {
      notes.push(line.slice(1))
      slot(start + 1, sopsValue('comment', line.slice(1)), [])
    } else if (line.startsWith(PREFIX) && equals !== -1)
      own.push({ start, end, name: line.slice(PREFIX.length, equals), value: line.slice(equals + 1) })
    else if (equals !== -1) {
      slot(start + equals + 1, sopsValue('str', line.slice(equals + 1).replaceAll('\\n', '\n')), [
        line.slice(0, equals),
      ])
      notes = []
    } else if (line !== '')
      throw faultAt(
        'refused',
        text,
        start,
        'a line that SOPS can not read: NAME=value, #comment, or nothing at all',
      )
    if (slots.length > MAX_SLOTS) throw faultAt('refused', text, start, 'too many values')
    start = end + 1
  }
  return { text, slots, ...readMetadata(text, own) }
}

function readMetadata(
  text: string,
  own: readonly (Span & { readonly name: string; readonly value: string })[],
): Pick<SopsText, 'metadata' | 'removed'> {
  if (own.length === 0) return { metadata: null, removed: [] }
  const value = (line: string) => line.replace(/\r$/, '').replaceAll('\\n', '\n')
  const tree = unflatten(own.map((line) => [line.name, value(line.value)] as const))
  const leaf = (name: string): Span | null => {
    const line = own.find((one) => one.name === name)
    return line === undefined
      ? null
      : { start: line.end - line.value.replace(/\r$/, '').length, end: line.end }
  }
  const [lastModified, mac] = [leaf('lastmodified'), leaf('mac')]
  if (tree === null || lastModified === null || mac === null)
    throw faultAt(
      'refused',
      text,
      own[0]?.start ?? 0,
      'a name that begins with sops_, which SOPS needs for itself',
    )
  const removed: { start: number; end: number }[] = []
  for (const { start, end } of own) {
    const after = Math.min(end + 1, text.length)
    const last = removed.at(-1)
    if (last?.end === start) last.end = after
    else removed.push({ start, end: after })
  }
  const last = removed.at(-1) as { start: number; end: number }
  const source = removed.length === 1 ? { ...last } : null
  // A text that does not end its last line did not do so before, either.
  if (last.end === text.length && !text.endsWith('\n') && last.start > 0) last.start--
  return { metadata: { tree, source, lastModified, mac }, removed }
}
