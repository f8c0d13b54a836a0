import { parseRecipient } from '../../age/recipient.ts'
import { workFileBytes } from '../../blob/work-file.ts'
import type { BytePath } from '../../byte-path.ts'
import type { Policy } from '../../policy/policy.ts'
import { readersOf } from '../../policy/readers-of.ts'
import type { ProtectedFile } from '../protected-files.ts'
import type { Workspace } from '../workspace.ts'
import type { Fingerprints, Prints } from './fingerprints.ts'
import type { SecretHistory } from './history.ts'
import { type Version, versions } from './versions.ts'

/** A secret of the index. */
export interface CurrentSecret {
  readonly path: BytePath
  readonly oid: string
  /** Canonical keys of those whom the policy lets read it now. */
  readonly readers: ReadonlySet<string>
  readonly plaintextSize: number | null
  readonly prints: Prints
}

/** Every secret of the index that has a content, with what tells its plaintext from others. */
export async function currentSecrets(
  space: Workspace,
  policy: Policy,
  files: readonly ProtectedFile[],
  history: SecretHistory,
  fingerprints: Fingerprints,
): Promise<CurrentSecret[]> {
  const secrets: CurrentSecret[] = []
  const readers = new Map<string, ReadonlySet<string>>()
  for await (const version of versions(space.catFile, files, history.sets)) {
    if (version.kind === 'empty') continue
    const { path, oid, plaintextSize } = version
    const names = readersOf(policy, path) ?? []
    const set = readers.get(names.join('\n')) ?? new Set(names.map((name) => canonicalOf(policy, name)))
    readers.set(names.join('\n'), set)
    const prints = await printsOf(space, version, fingerprints)
    secrets.push({ path, oid, readers: set, plaintextSize, prints })
  }
  return secrets
}

/** What the work tree holds is the plaintext, where it is remembered that the blob holds that: nothing is to be opened. */
async function printsOf(space: Workspace, version: Version, fingerprints: Fingerprints): Promise<Prints> {
  const { path, oid, kind, plaintextSize, bytes } = version
  if (kind === 'age' && bytes !== null) {
    const file = workFileBytes(space.top, path)
    if (file?.length === plaintextSize && space.memo.holds(space.memo.hash(file), oid))
      return fingerprints.ofPlaintext(path, file)
  }
  return fingerprints.of(version)
}

function canonicalOf(policy: Policy, name: string): string {
  return parseRecipient(policy.recipients.get(name) ?? '').canonical
}
