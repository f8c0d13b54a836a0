import { displayPath } from '../../byte-path.ts'
import { displayNix } from '../display-nix.ts'
import type { NixRule } from './rule.ts'

/** An option that takes a file with a secret is given one that is plaintext in git. */
export const nixPlaintextFile: NixRule<'file-option'> = {
  id: 'nix-plaintext-file',
  of: 'file-option',
  async judge({ option, target }, around, entry) {
    const file = await around.openFile(entry, target)
    if (file === null) return null
    const name = displayNix(option)
    const message = `${name} takes a file with a secret, and ${displayPath(file)} is plaintext in git: Nix copies it to the world-readable store`
    return { severity: 'error', subject: `${option} ${file}`, message, remedy: 'seal-file', from: file }
  },
}
