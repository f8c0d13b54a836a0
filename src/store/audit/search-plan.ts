import { createHash } from 'node:crypto'
import type { Meaning, Plaintext, Secret } from './secret.ts'
import { tellingTexts } from './telling-texts.ts'
import { base64Part, type FormedText, formsAsAttribute, formsInside } from './text-forms.ts'

/** A file with exactly this content. */
export interface Whole {
  /** Bytes. */
  readonly size: number
  /** SHA-256 in hexadecimal. */
  readonly hash: string
}

/** What to look for, as it can be handed to a thread. */
export interface Patterns {
  readonly needles: readonly Uint8Array[]
  readonly wholes: readonly Whole[]
  /** Where secrets lie in a directory that was copied, one character a byte. */
  readonly paths: readonly string[]
}

/** What to look for, and what it means to find it. */
export interface SearchPlan extends Patterns {
  readonly needleMeanings: readonly (readonly Meaning[])[]
  readonly wholeMeanings: readonly (readonly Meaning[])[]
  /** Object ids are made of these. */
  readonly contents: readonly { readonly bytes: Buffer; readonly meaning: Meaning }[]
  /** Secrets with lines that say too little to be looked for in other text, and how many. */
  readonly left: ReadonlyMap<Secret, number>
  /** Secrets of which there was more than is looked for. */
  readonly cut: ReadonlySet<Secret>
}

/** A text of a secret that also stands in a file that git has in plaintext. */
export type IsPublic = (text: string) => boolean

const MOST_NEEDLES = 60_000
/** Bytes; what is longer is known by its beginning, which SQLite keeps in one page. */
const LONGEST = 256

/**
 * Plans the search for some contents.
 * @param isPublic texts that are not looked for, because public files have them too
 */
export function planSearch(plaintexts: readonly Plaintext[], isPublic: IsPublic): SearchPlan {
  const plan = new Planner()
  for (const plaintext of plaintexts) {
    plan.addWhole(plaintext)
    plan.addTexts(plaintext, isPublic)
  }
  return plan.done()
}

class Planner {
  readonly #needles = new Map<string, Meaning[]>()
  readonly #wholes = new Map<string, { whole: Whole; meanings: Meaning[] }>()
  readonly #contents: { bytes: Buffer; meaning: Meaning }[] = []
  readonly #paths = new Set<string>()
  readonly #left = new Map<Secret, number>()
  readonly #cut = new Set<Secret>()

  /** The content, and that without the line feeds at its end, which Nix code likes to take off. */
  addWhole({ secret, version, bytes }: Plaintext): void {
    const meaning: Meaning = { secret, version, form: 'file', line: null }
    const bare = withoutLineFeeds(bytes)
    for (const content of bare.length < bytes.length && bare.length > 0 ? [bytes, bare] : [bytes]) {
      const hash = createHash('sha256').update(content).digest('hex')
      const known = this.#wholes.get(hash)
      if (known === undefined)
        this.#wholes.set(hash, { whole: { size: content.length, hash }, meanings: [meaning] })
      else known.meanings.push(meaning)
      this.#contents.push({ bytes: content, meaning })
    }
    if (secret.below !== '') this.#paths.add(secret.below)
  }

  addTexts({ secret, version, bytes }: Plaintext, isPublic: IsPublic): void {
    const { texts, left, cut } = tellingTexts(bytes)
    if (left > 0 && secret.kind === 'secret')
      this.#left.set(secret, Math.max(left, this.#left.get(secret) ?? 0))
    if (cut) this.#cut.add(secret)
    const add = (formed: FormedText | null, line: number | null) => {
      if (formed !== null) this.#addNeedle(formed.text, { secret, version, form: formed.form, line })
    }
    const seen = new Set<string>()
    for (const { text, line, alone, isValue } of texts) {
      // Of an identity file comments tell the public half.
      if (secret.kind === 'private-key' && text.startsWith('#')) continue
      if (!alone && isPublic(text)) continue
      seen.add(text)
      for (const form of alone ? formsAsAttribute(text) : formsInside(text)) add(form, line)
      if (isValue && !alone) add(base64Part(Buffer.from(text, 'latin1')), line)
    }
    if (seen.size > 0) add(base64Part(withoutLineFeeds(bytes)), null)
  }

  done(): SearchPlan {
    const wholes = [...this.#wholes.values()]
    return {
      needles: [...this.#needles.keys()].map((text) => Buffer.from(text, 'latin1')),
      needleMeanings: [...this.#needles.values()],
      wholes: wholes.map(({ whole }) => whole),
      wholeMeanings: wholes.map(({ meanings }) => meanings),
      contents: this.#contents,
      paths: [...this.#paths],
      left: this.#left,
      cut: this.#cut,
    }
  }

  #addNeedle(whole: string, meaning: Meaning): void {
    const text = whole.slice(0, LONGEST)
    const known = this.#needles.get(text)
    if (known !== undefined) known.push(meaning)
    else if (this.#needles.size < MOST_NEEDLES) this.#needles.set(text, [meaning])
    else this.#cut.add(meaning.secret)
  }
}

function withoutLineFeeds(bytes: Buffer): Buffer {
  let end = bytes.length
  while (end > 0 && bytes[end - 1] === 0x0a) end--
  return bytes.subarray(0, end)
}
