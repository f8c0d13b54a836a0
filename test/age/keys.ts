import { readFileSync } from 'node:fs'
import type { AgeIdentity } from '../../src/age/identity.ts'
import { type AskPassphrase, parseIdentityFile } from '../../src/age/identity-file.ts'
import { type AgeRecipient, parseRecipient } from '../../src/age/recipient.ts'
import type { Sandbox } from '../support/sandbox.ts'

/** A key pair in files, as the programs that made it left it. */
export interface KeyPair {
  readonly file: string
  readonly publicText: string
  readonly recipient: AgeRecipient
  readonly identity: AgeIdentity
}

/** For keys that must not ask. */
export const neverAsk: AskPassphrase = () => Promise.reject(new Error('nothing may be asked'))

/** Makes a key with the real ssh-keygen. */
export async function sshKey(
  box: Sandbox,
  name: string,
  args: readonly string[],
  passphrase = '',
): Promise<string> {
  const file = box.path(name)
  await box.ok('ssh-keygen', ['-q', '-C', `test ${name}`, '-N', passphrase, '-f', file, ...args])
  return file
}

/** Reads a key and its `.pub` file. */
export async function sshPair(file: string, ask = neverAsk): Promise<KeyPair> {
  const publicText = readFileSync(`${file}.pub`, 'utf8')
  const [identity] = await parseIdentityFile(readFileSync(file), file, ask)
  return { file, publicText, recipient: parseRecipient(publicText), identity: identity as AgeIdentity }
}

/** Makes an X25519 key with the real age-keygen. */
export async function agePair(box: Sandbox, name: string): Promise<KeyPair> {
  const file = box.path(name)
  await box.ok('age-keygen', ['-o', file])
  const publicText = (await box.ok('age-keygen', ['-y', file])).trim()
  const [identity] = await parseIdentityFile(readFileSync(file), file, neverAsk)
  return { file, publicText, recipient: parseRecipient(publicText), identity: identity as AgeIdentity }
}
