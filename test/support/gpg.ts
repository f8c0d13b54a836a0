import { mkdtempSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import type { Sandbox } from './sandbox.ts'

/** A GnuPG home of its own. Its path is short, as the agent's socket lies below it; `end` when done. */
export class GpgHome {
  readonly #box: Sandbox
  readonly dir: string

  constructor(box: Sandbox) {
    this.#box = box
    this.dir = mkdtempSync(join('/tmp', 'nsg-'))
    box.env.GNUPGHOME = this.dir
  }

  /** A key without passphrase. @returns its fingerprint */
  async newKey(userId: string, passphrase = ''): Promise<string> {
    const args = ['--batch', '--quiet', '--pinentry-mode', 'loopback', '--passphrase', passphrase]
    await this.#box.ok('gpg', [...args, '--quick-generate-key', userId, 'future-default', 'default', 'never'])
    const listed = await this.#box.ok('gpg', ['--batch', '--with-colons', '--list-keys', `=${userId}`])
    return /^fpr:{9}([0-9A-F]+):/m.exec(listed)?.[1] ?? ''
  }

  /** Ends the agent, and removes the home. */
  async end(): Promise<void> {
    await this.#box.run('gpgconf', ['--kill', 'all'])
    rmSync(this.dir, { recursive: true, force: true })
  }
}
