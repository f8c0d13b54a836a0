import { type SopsFormat, splice } from '../document.ts'
import type { SopsValue } from '../sops-value.ts'
import { readYaml, type YamlSlot, type YamlText } from './read-yaml.ts'
import { writeMetadata } from './write-metadata.ts'
import { type Quote, writeScalar } from './write-scalar.ts'

/**
 * YAML. Everything but values and comments stays where it is. Quotes around an encrypted value are those of the
 * plaintext, where it had other ones than it needs; within `[…]` and `{…}`, where an encrypted value can't be without,
 * double quotes stand for that, and single ones for nothing.
 */
export const yamlFormat: SopsFormat<YamlSlot> = {
  read: readYaml,
  sealed(slot, sealed, whole) {
    if (slot.value.type === 'comment') return sealed
    const source = whole.text.slice(slot.start, slot.end)
    const isUsual = source === write(slot, slot.value, '', whole as YamlText)
    if (slot.flow) return slot.quote === '"' && !isUsual ? `"${sealed}"` : `'${sealed}'`
    return isUsual ? sealed : slot.quote + sealed + slot.quote
  },
  opened(slot, value, whole) {
    if (slot.value.type === 'comment') {
      const text = value.data.toString('utf8')
      return /[\r\n]/.test(text) ? null : text
    }
    return write(slot, value, slot.flow && slot.quote === "'" ? '' : slot.quote, whole as YamlText)
  },
  metadataText: (tree, whole) => writeMetadata(tree, (whole as YamlText).lineEnd),
  insertions(metadata, whole) {
    const { text, ends, lineEnd } = whole as YamlText
    return ends.map((at) => {
      const isOpen = at > 0 && text[at - 1] !== '\n'
      const body = metadata.replace(/(?:\r?\n)+$/, '')
      return { start: at, end: at, text: isOpen ? lineEnd + body : body + lineEnd }
    })
  },
}

function write(slot: YamlSlot, value: SopsValue, quote: Quote, whole: YamlText): string | null {
  const after = textAfter(slot.end, whole)
  return writeScalar(value, quote, {
    flow: slot.flow,
    indent: /^ *\r?\n/.test(after) ? slot.column + whole.step : null,
    mayKeep: !/^ *\r?\n *(?:\r?\n|$)/.test(after),
    lineEnd: whole.lineEnd,
  })
}

/** A little of what comes after a value once metadata are out. */
function textAfter(at: number, { text, removed }: YamlText): string {
  const gone = removed.find(({ start, end }) => start <= at + 256 && end > at)
  if (gone === undefined) return text.slice(at, at + 256)
  return splice(text.slice(at, gone.end + 256), [
    { start: Math.max(gone.start - at, 0), end: gone.end - at, text: '' },
  ]).slice(0, 256)
}
