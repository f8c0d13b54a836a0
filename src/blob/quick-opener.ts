import type { AgeIdentity } from '../age/identity.ts'
import { openBytes } from '../age/open.ts'
import type { Stanza } from '../age/stanza.ts'
import { parseStanza, stanzaEnd } from '../age/stanza-text.ts'
import type { BytePath } from '../byte-path.ts'
import { NixsecretError } from '../errors.ts'
import { openFile } from './open-file.ts'
import { type QuickHeader, quickHeader } from './quick-header.ts'

/** Plaintext, or why there is none. */
export type QuickOpened =
  | { readonly plaintext: Buffer }
  | { readonly closed: 'locked' | 'damaged' | 'plaintext' | 'empty' }

interface Place {
  readonly identity: AgeIdentity
  readonly index: number
}

/**
 * Opens thousands of blobs. An X25519 stanza does not say whom it is for, so that of 60 half have to be tried; but all
 * blobs for the same readers have them in the same order: which one is ours is found out once for each digest.
 */
export class QuickOpener {
  readonly #identities: readonly AgeIdentity[]
  readonly #places = new Map<string, Place>()
  readonly #closed = new Map<string, number>()

  /** @param identities keys of plugins left out: each blob would be a touch */
  constructor(identities: readonly AgeIdentity[]) {
    this.#identities = identities
  }

  /** @param bytes the whole blob */
  async open(path: BytePath, bytes: Buffer): Promise<QuickOpened> {
    const quick = quickHeader(bytes, bytes.length)
    const digest = quick?.digest ?? null
    if (quick !== null && digest !== null) {
      const place = this.#places.get(digest)
      const plaintext = place === undefined ? null : await openAt(bytes, quick, place)
      if (plaintext !== null) return { plaintext }
      // Twice, in case the first was damaged.
      if ((this.#closed.get(digest) ?? 0) > 1) return { closed: 'locked' }
    }
    const opened = await openFile(path, bytes, this.#identities)
    if (quick !== null && digest !== null) {
      if (opened.state === 'open') await this.#learn(digest, quick)
      else if (opened.state === 'locked') this.#closed.set(digest, (this.#closed.get(digest) ?? 0) + 1)
    }
    return opened.state === 'open' ? { plaintext: opened.plaintext } : { closed: opened.state }
  }

  async #learn(digest: string, quick: QuickHeader): Promise<void> {
    for (const identity of this.#identities) {
      for (const index of quick.stanzas.keys()) {
        if ((await unwrapAt(quick, { identity, index })) === null) continue
        this.#places.set(digest, { identity, index })
        return
      }
    }
  }
}

async function openAt(bytes: Buffer, quick: QuickHeader, place: Place): Promise<Buffer | null> {
  const fileKey = await unwrapAt(quick, place)
  if (fileKey === null) return null
  const mac = bytes.subarray(0, quick.length)
  const macInput = mac.subarray(0, mac.lastIndexOf(' ', mac.length, 'latin1'))
  const header = {
    stanzas: [],
    mac: Buffer.from(mac.toString('latin1', macInput.length + 1, mac.length - 1), 'base64'),
    macInput,
    length: quick.length,
  }
  // What is wrong with it, whoever opens it the long way finds out.
  if (header.mac.length !== 32) return null
  try {
    const known: AgeIdentity = { ...place.identity, mayAsk: false, unwrap: () => fileKey }
    return await openBytes(bytes, [known], header)
  } catch (fault) {
    if (fault instanceof NixsecretError && fault.code === 'format') return null
    throw fault
  }
}

async function unwrapAt(
  { text, stanzas }: QuickHeader,
  { identity, index }: Place,
): Promise<Uint8Array | null> {
  const start = stanzas[index]
  if (start === undefined) return null
  const lines = text.slice(start, stanzas[index + 1] ?? text.length).split('\n')
  const end = stanzaEnd(lines, 0)
  const stanza: Stanza | string = end === null ? '' : parseStanza(lines, 0, end)
  if (typeof stanza === 'string') return null
  try {
    const answer = identity.unwrap([stanza])
    return answer instanceof Promise ? await answer : answer
  } catch (fault) {
    if (fault instanceof NixsecretError) return null
    throw fault
  }
}
