import { accept } from '../../src/blob/trust/accept.ts'
import { openRepository } from '../../src/git/repository.ts'
import type { Sandbox } from './sandbox.ts'

/**
 * Accepts what holds in a work tree, as `git nixsecret trust --yes` does, in this process: it is what stories say of
 * policies that they write by hand.
 * @param box whose user accepts it
 */
export async function acceptAll(box: Sandbox, dir: string): Promise<void> {
  const { HOME, XDG_STATE_HOME } = process.env
  const env = box.env as Record<string, string | undefined>
  try {
    set('HOME', env.HOME)
    set('XDG_STATE_HOME', env.XDG_STATE_HOME)
    await accept(await openRepository(dir))
  } finally {
    set('HOME', HOME)
    set('XDG_STATE_HOME', XDG_STATE_HOME)
  }
}

function set(name: string, value: string | undefined): void {
  if (value === undefined) delete process.env[name]
  else process.env[name] = value
}
