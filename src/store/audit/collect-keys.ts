import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { textPath } from '../../byte-path.ts'
import { readIdentityFile } from '../../host/identity-files.ts'
import type { AuditContext } from './audit-context.ts'
import type { Plaintext } from './secret.ts'

/**
 * The files of private keys that open the repository's secrets: those of this user, and git-crypt's symmetric keys below
 * the git directory, which a `path:` flake copies to the store.
 */
export async function collectKeys({ repo, keys }: AuditContext): Promise<Plaintext[]> {
  const found: Plaintext[] = []
  // What is wrong with one of them is noted by `keys`.
  for (const { name, bytes } of await keys.files()) found.push(key(name, bytes, ''))
  const crypt = join(repo.commonDir, 'git-crypt/keys')
  for (const name of names(crypt)) {
    const bytes = await readIdentityFile(join(crypt, name)).catch(() => null)
    if (bytes !== null) found.push(key(join(crypt, name), bytes, `.git/git-crypt/keys/${name}`))
  }
  return found
}

function key(file: string, bytes: Buffer, below: string): Plaintext {
  return {
    secret: { kind: 'private-key', path: textPath(file), allowed: false, below },
    version: 'work tree',
    bytes,
  }
}

function names(dir: string): string[] {
  try {
    return readdirSync(dir)
  } catch {
    return []
  }
}
