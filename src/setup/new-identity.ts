import { closeSync, constants, fsyncSync, mkdirSync, openSync, rmSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { newAgeKey } from '../age/new-age-key.ts'
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
  const { text, recipient } = newAgeKey(now)
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
