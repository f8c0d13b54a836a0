import { parseRecipient } from '../age/recipient.ts'
import { headerDigest } from '../blob/judge-readers.ts'
import { POLICY_FILE } from '../blob/policy-file-name.ts'
import { policyFrom } from '../blob/policy-from.ts'
import { type Readers, readersFor } from '../blob/readers.ts'
import type { BytePath } from '../byte-path.ts'
import { tryGit } from '../git/run-git.ts'
import type { Policy } from '../policy/policy.ts'
import type { Sealed } from './stale-files.ts'
import type { Workspace } from './workspace.ts'

/** Commits that changed the policy, looked at most. */
const MOST_COMMITS = 200

/** Who gains and who loses a file, by name. */
export interface ReaderChange {
  readonly gains: readonly string[]
  readonly loses: readonly string[]
  /** Those of both whose key is another one; keys in canonical form. */
  readonly swapped: readonly { readonly name: string; readonly from: string; readonly to: string }[]
  /** False where nobody can tell whom the file was sealed for before. */
  readonly known: boolean
}

/**
 * Finds out for whom a blob was sealed. A header names no X25519 reader, but it carries the digest of the readers,
 * and some earlier version of the policy names a set with that digest.
 */
export class FormerReaders {
  readonly #space: Workspace
  readonly #policies: AsyncGenerator<Policy>
  readonly #loaded: Policy[] = []

  constructor(space: Workspace) {
    this.#space = space
    this.#policies = this.#history()
  }

  /** How sealing a file for the readers that a policy names would change who reads it. */
  async change(sealed: Sealed, path: BytePath, policy: Policy): Promise<ReaderChange> {
    const readers = readersFor(policy, path)
    if (sealed.format === 'sops') return changeOfDocument(sealed.document, path, policy, readers)
    const { header } = sealed
    const former = await this.#find(headerDigest(header), path)
    if (former !== null) {
      const gains = namesMissing(policy, readers, former.readers)
      const loses = namesMissing(former.policy, former.readers, readers)
      const keyIn = ({ recipients }: Policy, name: string) =>
        parseRecipient(recipients.get(name) ?? '').canonical
      const swapped = gains
        .filter((name) => loses.includes(name))
        .map((name) => ({ name, from: keyIn(former.policy, name), to: keyIn(policy, name) }))
      return { gains, loses, swapped, known: true }
    }
    // SSH stanzas at least say which key they are for.
    const there = new Set(header.stanzas.map(({ args }) => `${args[0]} ${args[1] ?? ''}`))
    const gains = readers.names.filter((name) => {
      const { tag, stanzaType } = parseRecipient(policy.recipients.get(name) ?? '')
      return tag !== null && !there.has(`${stanzaType} ${tag}`)
    })
    return { gains, loses: [], swapped: [], known: false }
  }

  async #find(digest: string | null, path: BytePath): Promise<{ policy: Policy; readers: Readers } | null> {
    if (digest === null) return null
    for (let i = 0; ; i++) {
      const policy = this.#loaded[i] ?? (await this.#next())
      if (policy === null) return null
      const readers = readersOrNull(policy, path)
      if (readers?.digest === digest) return { policy, readers }
    }
  }

  async #next(): Promise<Policy | null> {
    const next = await this.#policies.next()
    if (next.done) return null
    this.#loaded.push(next.value)
    return next.value
  }

  async *#history(): AsyncGenerator<Policy> {
    const seen = new Set<string>()
    for await (const name of this.#names()) {
      const blob = await this.#space.catFile.get(`${name}:${POLICY_FILE}`)
      if (blob === null || seen.has(blob.oid)) continue
      seen.add(blob.oid)
      try {
        yield policyFrom(blob.content.toString('utf8'))
      } catch {
        // An earlier version that does not parse tells nothing.
      }
    }
  }

  async *#names(): AsyncGenerator<string> {
    yield ':0'
    yield 'HEAD'
    const args = ['log', `-${MOST_COMMITS}`, '--format=%H', '--', POLICY_FILE]
    const { stdout } = await tryGit(args, this.#space.git)
    // The version before a change is the parent's, in case it came by a merge.
    for (const commit of stdout.toString('latin1').split('\n').slice(0, -1)) yield* [commit, `${commit}^`]
  }
}

function readersOrNull(policy: Policy, path: BytePath): Readers | null {
  try {
    return readersFor(policy, path)
  } catch {
    return null
  }
}

/** Names in `these`, with their keys of `policy`, that `others` lack or have with another key. */
function namesMissing(policy: Policy, these: Readers, others: Readers): string[] {
  const keys = new Set(others.recipients.map(({ canonical }) => canonical))
  return these.names.filter((name) => !keys.has(parseRecipient(policy.recipients.get(name) ?? '').canonical))
}

/** A document says whom it is for. Who is no reader of the policy's goes by the policy's name, else by the key. */
async function changeOfDocument(
  document: Buffer,
  path: BytePath,
  policy: Policy,
  readers: Readers,
): Promise<ReaderChange> {
  const { judgeSopsReaders, sopsShape, sopsNames } = await import('../blob/sops-files.ts')
  const shape = sopsShape(path, document)
  if (shape?.kind !== 'sops') return { gains: [], loses: [], swapped: [], known: false }
  const { missing, strangers } = judgeSopsReaders(shape.metadata, readers)
  const isMissing = new Set(missing.map(({ canonical }) => canonical))
  const gains = readers.names.filter((name) =>
    isMissing.has(parseRecipient(policy.recipients.get(name) ?? '').canonical),
  )
  return { gains, loses: sopsNames(strangers, policy), swapped: [], known: true }
}
