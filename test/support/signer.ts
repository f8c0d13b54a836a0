import { readFileSync } from 'node:fs'
import type { Sandbox } from './sandbox.ts'
import { makeSshKey } from './ssh-key.ts'

/** Somebody who signs commits with an SSH key of their own. */
export interface Signer {
  readonly name: string
  /** The private key's file. */
  readonly key: string
  /** `ssh-ed25519 AAAA…`, without comment. */
  readonly publicKey: string
  /** Options for git, before its command, with which `commit -S` and `merge -S` sign. */
  readonly flags: readonly string[]
}

/** Makes a signer; a real `ssh-keygen` made the key. */
export async function newSigner(box: Sandbox, name: string): Promise<Signer> {
  const key = box.path(`signer-${name}`)
  await makeSshKey(box, key, name)
  const publicKey = readFileSync(`${key}.pub`, 'utf8').split(' ').slice(0, 2).join(' ').trim()
  const flags = ['-c', 'gpg.format=ssh', '-c', `user.signingKey=${key}`, '-c', 'commit.gpgSign=true']
  return { name, key, publicKey, flags }
}

/** Writes an allowed-signers file (ssh-keygen(1)) outside of every repository, and returns its path. */
export function allowSigners(box: Sandbox, signers: readonly Signer[], file = 'allowed-signers'): string {
  const lines = signers.map(({ name, publicKey }) => `${name}@example.org ${publicKey}\n`)
  return box.write(file, lines.join(''))
}
