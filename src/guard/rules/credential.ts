import type { Entry } from '../entry.ts'
import type { Draft } from '../finding.ts'

/** A token or password that a service knows, at a path that nothing encrypts. */
export const credential = {
  id: 'credential' as const,
  /** @param what kind of credential */
  judge(what: string, { lies }: Pick<Entry, 'lies'>): Draft {
    const where = lies === undefined ? 'git' : 'the work tree'
    const message = `${what}, as plaintext in ${where}: whoever reads the repository can use it`
    return { severity: 'error', subject: what, message, remedy: 'take-out' }
  },
}
