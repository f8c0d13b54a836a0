import { type BytePath, displayPath } from '../../byte-path.ts'
import { NixsecretError } from '../../errors.ts'
import { driverOf, filterAttributes } from '../../git/check-attr.ts'
import { readSecret } from '../../secret/read-secret.ts'
import { headOf } from '../../secret/secret-stream.ts'
import type { Workspace } from '../../secret/workspace.ts'

/** A secret's plaintext, in memory alone, or why there is none. */
export type Content = Buffer | NixsecretError

/** Bytes; all contents are held at once. */
const LONGEST = 256 << 20

/**
 * Opens secrets, each once, however many hosts it is for.
 * @throws NixsecretError `refused` for a file that is not protected, before anything is opened
 */
export async function readContents(
  space: Workspace,
  paths: readonly BytePath[],
): Promise<ReadonlyMap<BytePath, Content>> {
  const wanted = [...new Set(paths)]
  await refuseOpenFiles(space, wanted)
  const contents = new Map<BytePath, Content>()
  for (const path of wanted) contents.set(path, await contentOf(space, path))
  return contents
}

async function refuseOpenFiles(space: Workspace, paths: readonly BytePath[]): Promise<void> {
  const attributes = await filterAttributes(paths, { ...space.git, cached: false })
  const open = paths.find((path) => driverOf(attributes.get(path)) === null)
  if (open === undefined) return
  const message = `${displayPath(open)} is to be delivered, and no .gitattributes line makes it a secret`
  throw new NixsecretError('refused', message, { hints: ['git nixsecret status'] })
}

async function contentOf(space: Workspace, path: BytePath): Promise<Content> {
  try {
    const content = await headOf(await readSecret(space, path, null), LONGEST + 1)
    if (content.length <= LONGEST) return content
    return new NixsecretError('refused', `${displayPath(path)} is larger than ${LONGEST >> 20} MiB`)
  } catch (error) {
    if (error instanceof NixsecretError) return error
    throw error
  }
}
