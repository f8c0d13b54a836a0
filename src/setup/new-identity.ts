import { generateKeyPairSync } from 'node:crypto'
import { closeSync, constants, fsyncSync, mkdirSync, openSync, rmSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { encodeBech32 } from '../age/bech32.ts'
import { x25519Identity } from '../age/x25519-identity.ts'
import { displayText } from '../byte-path.ts'
import { NixsecretError } from '../errors.ts'
import { defaultIdentityPaths } from '../host/identity-files.ts'

/** A private key that was made. */
export interface NewIdentity {
  readonly file: string
  /** `age1…`. */
  readonly recipient: string
}

/**
 * Makes a private key for age where it is looked for first (`$XDG_CONFIG_HOME/git-nixsecret/identity.txt`, 0600), in the
 * form of age-keygen. What is there already stays, whatever it is.
 * @throws NixsecretError `refused` where there is one, `io` where it can't be written
 */
export function makeIdentity(now = new Date()): NewIdentity {
  const file = defaultIdentityPaths()[0] as string
  const { d = '' } = generateKeyPairSync('x25519').privateKey.export({ format: 'jwk' })
  const scalar = Buffer.from(d, 'base64url')
  const recipient = x25519Identity(scalar, file).recipient as string
  const key = encodeBech32('AGE-SECRET-KEY-', scalar).toUpperCase()
  scalar.fill(0)
  const created = `${now.toISOString().slice(0, 19)}Z`
  const text = Buffer.from(`# created: ${created}\n# public key: ${recipient}\n${key}\n`)
  try {
    writeNew(file, text)
  } finally {
    text.fill(0)
  }
  return { file, recipient }
}

function writeNew(file: string, text: Buffer): void {
  let fd: number
  try {
    mkdirSync(dirname(file), { recursive: true, mode: 0o700 })
    fd = openSync(
      file,
      constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW,
      0o600,
    )
  } catch (cause) {
    throw openFault(file, cause)
  }
  try {
    writeFileSync(fd, text)
    fsyncSync(fd)
  } catch (cause) {
    // A part of a key serves nobody, and would stand in the way.
    rmSync(file, { force: true })
    throw openFault(file, cause)
  } finally {
    closeSync(fd)
  }
}

function openFault(file: string, cause: unknown): NixsecretError {
  const { code = 'unknown error' } = cause as NodeJS.ErrnoException
  const shown = displayText(file)
  if (code === 'EEXIST')
    return new NixsecretError('refused', `${shown} is there already, and is not overwritten`, {
      hints: ['git nixsecret identity    # its public key'],
    })
  return new NixsecretError('io', `cannot write ${shown}: ${code}`, { cause })
}
