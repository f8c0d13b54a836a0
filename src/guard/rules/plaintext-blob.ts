import type { Entry } from '../entry.ts'
import type { Draft } from '../finding.ts'
import type { Rule } from './rule.ts'

/** A file that git should have encrypted, and it is neither an age file nor a SOPS document. */
export const plaintextBlob: Rule = {
  id: 'plaintext-blob',
  judge({ entry, shape, protectedBy, ifOpen }) {
    if (shape === null || shape.kind === 'age' || shape.kind === 'empty') return null
    if (shape.kind === 'sops') return shape.leftOpen === null ? null : leavesOpen(shape.leftOpen)
    if (entry.lies !== undefined && shape.kind === 'plaintext')
      return ifOpen === 'allowed' ? null : lyingOpen(entry.lies, ifOpen === 'sealed')
    const what =
      shape.kind === 'plaintext'
        ? 'this file is plaintext in git'
        : 'of' in shape
          ? `this file is no sound SOPS document (${shape.reason})`
          : `this file begins as an age file but is none that anybody could open (${shape.reason})`
    const why =
      protectedBy === 'tip'
        ? 'the .gitattributes at the tip protect its path, but a push sends this commit too'
        : 'the .gitattributes of this tree say that its path is to be encrypted'
    const restage = protectedBy === 'tip' ? 'restage-later' : 'restage'
    const remedy = shape.kind === 'broken' ? 'restore' : restage
    return { severity: 'error', message: `${what}, and ${why}`, remedy }
  },
}

/** Nothing protects a setting: who can push, and read nothing, can change it. */
function leavesOpen(setting: string): Draft {
  const message = `this SOPS document leaves values as plaintext in git, by its own setting ${setting}: look whether they are no secrets, and who set it`
  return { severity: 'warning', subject: setting, message, remedy: 'look-at-setting' }
}

function lyingOpen(lies: NonNullable<Entry['lies']>, sealed: boolean): Draft {
  const who =
    lies === 'tracked'
      ? 'any Nix command that is given this tree copies it'
      : 'a Nix command that is given this directory as path: copies it'
  const though = sealed ? ', though it is to stay ciphertext there (filter=nixsecret-sealed)' : ''
  const message = `this file lies open in the work tree${though}: ${who} to the world-readable store`
  return { severity: 'error', message, remedy: sealed ? 'seal-here' : 'lock' }
}
