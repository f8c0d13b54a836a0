import { isArmored, MAX_ARMORED_SIZE } from '../../../age/armor.ts'
import { MAX_HEADER_SIZE } from '../../../age/header.ts'
import { inspectBlob } from '../../../age/inspect.ts'
import type { BytePath } from '../../../byte-path.ts'
import { pathsOfBlobs } from '../../../git/paths-of-blobs.ts'
import type { Readers } from '../../readers.ts'
import { ageIds, type Scene } from './exposed-by-move.ts'
import type { FormerBlob } from './former-blob.ts'

/**
 * Whom an age file of another tool is for, as far as tags of SSH keys tell: who has no key of it can't change its header.
 * But a tag has 32 bits, and whoever tries enough keys finds one that fits ciphertext of others; so that it counts only of
 * ciphertext that never was at another path.
 * @param files what git has now
 * @returns the same with `keys`, where each of these readers has a tag there
 */
export async function knownByTags(
  former: FormerBlob,
  path: BytePath,
  { recipients }: Pick<Readers, 'recipients'>,
  scene: Scene & { readonly files: ReadonlyMap<BytePath, string> },
): Promise<FormerBlob> {
  const { oid, digest, keys } = former
  if (digest !== null || keys !== null) return former
  const head = await scene.catFile.getUpTo(oid, MAX_HEADER_SIZE)
  if (head === null) return former
  const isEnough = !isArmored(head.content) || head.size > MAX_ARMORED_SIZE
  const content = isEnough ? head.content : ((await scene.catFile.get(oid))?.content ?? head.content)
  const shape = inspectBlob(content, head.size)
  if (shape.kind !== 'age') return former
  const tags = new Set(shape.header.stanzas.map(({ args }) => `${args[0]} ${args[1]}`))
  if (!recipients.every(({ tag, stanzaType }) => tag !== null && tags.has(`${stanzaType} ${tag}`)))
    return former
  const ids = await ageIds(oid, scene.catFile, scene.repo.objectFormat)
  const isElsewhere = (places: Iterable<readonly [BytePath, string]>) =>
    [...places].some(([other, one]) => other !== path && ids.includes(one))
  if (isElsewhere(scene.files)) return former
  const ever = await pathsOfBlobs(new Set(ids), scene.git)
  if (ever === null || [...ever.values()].some((paths) => [...paths].some((other) => other !== path)))
    return former
  return { ...former, keys: new Set(recipients.map(({ canonical }) => canonical)) }
}
