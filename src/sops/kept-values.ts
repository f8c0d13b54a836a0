import type { Slot, SopsFormat, SopsText } from './document.ts'
import type { OpenedDocument } from './open-document.ts'
import type { SopsValue } from './sops-value.ts'

interface Entry {
  readonly sealed: string
  taken: boolean
}

/** Encrypted values of earlier documents, by where they stand and what they are. */
export class KeptValues {
  readonly #format: SopsFormat
  readonly #entries = new Map<string, Entry[]>()
  readonly #openComments = new Set<string>()

  constructor(format: SopsFormat) {
    this.#format = format
  }

  /** Documents that were added first are asked first. */
  add({ whole, values, isSealed }: OpenedDocument): void {
    whole.slots.forEach((slot, i) => {
      const value = values[i] as SopsValue
      const sealed = slot.value.data.toString('utf8')
      if (isSealed[i]) {
        const entry = { sealed, taken: false }
        const shown = this.#format.opened(slot, value, whole)
        for (const key of keys(slot, value, shown)) this.#list(key).push(entry)
      } else if (slot.value.type === 'comment') this.#openComments.add(sealed)
    })
  }

  /** The ciphertext that a value had; each serves once, so that equal items of a list stay apart. */
  take(slot: Slot, whole: SopsText): string | null {
    for (const key of keys(slot, slot.value, whole.text.slice(slot.start, slot.end))) {
      const list = this.#entries.get(key)
      while (list !== undefined && list.length > 0) {
        const entry = list.shift() as Entry
        if (entry.taken) continue
        entry.taken = true
        return entry.sealed
      }
    }
    return null
  }

  /** Whether that comment stood in an earlier document as it is. */
  hasOpen(slot: Slot): boolean {
    return this.#openComments.has(slot.value.data.toString('utf8'))
  }

  #list(key: string): Entry[] {
    let list = this.#entries.get(key)
    if (list === undefined) {
      list = []
      this.#entries.set(key, list)
    }
    return list
  }
}

/** Text is the same where its characters are; numbers and the like where they are spelt the same. */
function keys({ path }: Slot, { type, data }: SopsValue, shown: string | null): string[] {
  const place = path.join('\0')
  const isText = type === 'str' || type === 'bytes'
  if (isText || type === 'comment') return [`${place}\0\0${isText ? 's' : 'c'}${data.toString('latin1')}`]
  return [`${place}\0\0n${shown}`, `${place}\0\0${type}${data.toString('latin1')}`]
}
