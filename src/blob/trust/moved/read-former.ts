import { isArmored } from '../../../age/armor.ts'
import { MAX_HEADER_SIZE } from '../../../age/header.ts'
import { inspectBlob } from '../../../age/inspect.ts'
import type { BytePath } from '../../../byte-path.ts'
import type { CatFile } from '../../../git/cat-file.ts'
import { MAX_SOPS_SIZE, mayBeginSops } from '../../may-be-sops.ts'
import type { Readers } from '../../readers.ts'
import { type FormerBlob, formerBlob } from './former-blob.ts'

/**
 * {@link formerBlob} of what git has.
 * @param name what git calls the blob: its id, or `HEAD:PATH`
 * @returns null where it is not here, too
 */
export async function readFormer(
  catFile: CatFile,
  path: BytePath,
  name: string | Buffer,
  readers: Pick<Readers, 'recipients'> | null,
): Promise<FormerBlob | null> {
  const head = await catFile.getUpTo(name, MAX_HEADER_SIZE)
  if (head?.type !== 'blob') return null
  const { oid, size } = head
  const isWhole = head.content.length === size
  const wantsWhole = isArmored(head.content) || (mayBeginSops(head.content) && size <= MAX_SOPS_SIZE)
  const content = isWhole || !wantsWhole ? head.content : ((await catFile.get(oid))?.content ?? head.content)
  const whole = content.length === size ? content : null
  return formerBlob(path, { oid, shape: inspectBlob(content, size), whole }, readers)
}
