import { lookAtWorkFile } from '../../blob/work-file.ts'
import { type BytePath, displayPath } from '../../byte-path.ts'
import { NixsecretError } from '../../errors.ts'
import { type FlaggedEntry, listFlaggedIndex } from '../../git/flagged-index.ts'
import type { StagedBlob } from '../../git/stage-blobs.ts'
import { writeBlob } from '../../git/write-objects.ts'
import { sopsKind } from '../../sops/sops-kind.ts'
import { pastePath } from '../paste-path.ts'
import { storeSecret } from '../store-secret.ts'
import { type Target, targetAt } from '../target.ts'
import type { Workspace } from '../workspace.ts'
import { isKeyKind, type Kind, makeSecret } from './kinds.ts'
import type { Made } from './made.ts'
import { publicHalfAt, publicPath } from './public-half.ts'

/** What to make. */
export interface Wish {
  readonly kind: Kind
  readonly length: number
  /** Whether what is there may be replaced. */
  readonly force: boolean
}

/** What was made and staged. */
export interface Generated extends Pick<Made, 'what' | 'bits' | 'publicHalf'> {
  readonly target: Target
  /** Whether something else was there before. */
  readonly replaced: boolean
  /** A public half that belongs to the secret before, and to nothing now. */
  readonly orphan: BytePath | null
}

/**
 * Makes a secret and stages it, with its public half: all or nothing. No plaintext is written by us, and no key needed.
 * @throws NixsecretError `refused` where something is there already and `force` is not set, or where git would not store
 *   ciphertext; `policy` where nobody may read it
 */
export async function generateSecret(
  space: Workspace,
  path: BytePath,
  { kind, length, force }: Wish,
): Promise<Generated> {
  const target = await targetAt(space, path)
  if (target.format === 'sops' && sopsKind(path) !== 'binary') throw noValue(space, path)
  const index = await listFlaggedIndex({ ...space.git, cwd: space.top })
  const pub = publicPath(path)
  const half = isKeyKind(kind) ? await publicHalfAt(space, pub, index) : null
  const there = [path, pub].filter((one) => isThere(space, one, index))
  const inTheWay = there.filter((one) => one === path || half !== null)
  if (inTheWay.length > 0 && !force) throw isThereAlready(space, path, kind, inTheWay)
  const made = await makeSecret(kind, length, displayPath(path))
  try {
    const beside: StagedBlob[] = []
    if (half !== null && made.publicHalf !== null)
      beside.push({ ...half, oid: await writeBlob(Buffer.from(made.publicHalf), space.blobs) })
    await storeSecret(space, target, [made.content], beside)
  } finally {
    made.content.fill(0)
  }
  const { what, bits, publicHalf } = made
  const orphan = half === null && there.includes(pub) ? pub : null
  return { what, bits, publicHalf, target, replaced: there.includes(path), orphan }
}

function isThere({ top }: Workspace, path: BytePath, index: readonly FlaggedEntry[]): boolean {
  return index.some((entry) => entry.path === path) || lookAtWorkFile(top, path).kind !== 'absent'
}

function isThereAlready(
  space: Workspace,
  path: BytePath,
  kind: Kind,
  there: readonly BytePath[],
): NixsecretError {
  const names = there.map(displayPath).join(' and ')
  const message = `${names} ${there.length > 1 ? 'are' : 'is'} there already, and would be replaced; nothing was changed`
  return new NixsecretError('refused', message, {
    hints: [`git nixsecret generate --force --kind ${kind} ${pastePath(space, path)}`],
  })
}

/** In a structured document a bare value is no value: dotenv would even take one for a name, which stays readable. */
function noValue(space: Workspace, path: BytePath): NixsecretError {
  const message = `${displayPath(path)} is a SOPS document with named values by its name, and what is generated is one value without a name; nothing was changed`
  return new NixsecretError('refused', message, { hints: [`git nixsecret edit ${pastePath(space, path)}`] })
}
