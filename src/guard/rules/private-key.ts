import type { Entry } from '../entry.ts'
import type { Draft } from '../finding.ts'

/** The private half of a key, at a path that nothing encrypts. */
export const privateKey = {
  id: 'private-key' as const,
  /** @param what kind of key */
  judge(what: string, { lies, path }: Pick<Entry, 'lies' | 'path'>): Draft {
    const where = lies === undefined ? 'git' : 'the work tree'
    const message = `${what}, as plaintext in ${where}: whoever reads the repository, or the Nix store of a machine that evaluates it, has it`
    return {
      severity: 'error',
      subject: what,
      message,
      remedy: path.endsWith('.nix') ? 'take-out' : 'hide-key',
    }
  },
}
