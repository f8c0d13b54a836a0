import { refuseNewlyOpen } from '../../blob/trust/moved/newly-open.ts'
import { type BytePath, displayPath, pathBytes } from '../../byte-path.ts'
import { NixsecretError } from '../../errors.ts'
import { nixString } from '../../nix/nix-string.ts'
import { storeOf } from '../../policy/readers-of.ts'
import { treeOf } from '../../secret/tree-of.ts'
import { wholeSecret } from '../../secret/whole-secret.ts'
import type { Workspace } from '../../secret/workspace.ts'
import { printHint, printWarning } from '../print.ts'

/** What `--format nix` is to do. */
interface NixOptions {
  readonly rev: string | null
  /** Whether only what the policy lets into the store may be printed; else anything is, with a warning. */
  readonly allowedOnly: boolean
}

/**
 * A secret as a Nix string, with a line feed behind it. What evaluation gets ends in the store, so it is held
 * against the policy.
 * @throws NixsecretError `refused` where no Nix string can hold it or, with `allowedOnly`, the policy does not let it
 *   into the store; as `wholeSecret`
 */
export async function nixFormat(
  space: Workspace,
  path: BytePath,
  { rev, allowedOnly }: NixOptions,
): Promise<Buffer> {
  const policy = allowedOnly ? await space.policy() : await space.policyOrNull().catch(() => null)
  const allowed = policy !== null && storeOf(policy, path) === 'plaintext'
  if (allowedOnly && allowed) {
    const oid = rev === null ? null : await blobAt(space, path, rev)
    await refuseNewlyOpen([path], oid, policy, space, 'may not enter the Nix store')
  }
  if (allowedOnly && !allowed) throw new NixsecretError('refused', notAllowed(path), { hints: hints(path) })
  const text = nixString(await wholeSecret(space, path, rev))
  if (text === null) {
    throw new NixsecretError('refused', `${displayPath(path)} has a NUL byte, which no Nix string can hold`, {
      hints: ['# base64 -w0 of the content is a text; or let the host decrypt the file: docs/nix.md'],
    })
  }
  if (!allowed) {
    printWarning(`what Nix evaluates goes to the world-readable store; ${notAllowed(path)}`)
    for (const line of hints(path)) printHint(line)
  }
  return Buffer.concat([text, Buffer.from('\n')])
}

/** Empty where there is none, which is told elsewhere. */
async function blobAt(space: Workspace, path: BytePath, rev: string): Promise<string> {
  const name = Buffer.concat([Buffer.from(`${await treeOf(space, rev)}:`), pathBytes(path)])
  return (await space.catFile.info(name))?.oid ?? ''
}

function notAllowed(path: BytePath): string {
  return `nixsecret.toml does not let ${displayPath(path)} in`
}

function hints(path: BytePath): string[] {
  return [
    '# let the host decrypt it, and name the file; or, if evaluation truly needs it, in nixsecret.toml:',
    `# [[rule]] with paths = ["/…"] for ${displayPath(path)} and store = "plaintext"`,
  ]
}
