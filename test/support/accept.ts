import { accept } from '../../src/blob/trust/accept.ts'
import { openRepository, type Repository } from '../../src/git/repository.ts'
import type { Sandbox } from './sandbox.ts'

/** Accepts what holds in a work tree, as `git nixsecret trust --yes` does, in this process. */
export function acceptAll(box: Sandbox, dir: string): Promise<void> {
  return asUser(box, dir, accept)
}

/** Does something in this process as the user whose sandbox it is. */
export async function asUser<Result>(
  box: Sandbox,
  dir: string,
  use: (repo: Repository) => Promise<Result>,
): Promise<Result> {
  const before = NAMES.map((name) => process.env[name])
  const env: Readonly<Record<string, string | undefined>> = box.env
  try {
    for (const name of NAMES) set(name, env[name])
    return await use(await openRepository(dir))
  } finally {
    for (const [i, name] of NAMES.entries()) set(name, before[i])
  }
}

/** What decides whose state and configuration are read. */
const NAMES = ['HOME', 'XDG_STATE_HOME', 'XDG_CONFIG_HOME', 'GIT_CONFIG_GLOBAL', 'GIT_CONFIG_NOSYSTEM']

function set(name: string, value: string | undefined): void {
  if (value === undefined) delete process.env[name]
  else process.env[name] = value
}
