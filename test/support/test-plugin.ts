import { generateKeyPairSync } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { encodeBech32 } from '../../src/age/bech32.ts'
import type { Sandbox } from './sandbox.ts'

/** How a key of age-plugin-nstest behaves: the first byte of the key, see age-plugin-nstest.mjs. */
const BEHAVIOURS = {
  plain: 'p',
  /** Asks for a PIN, which is 1234, before it opens. */
  pin: 'i',
  /** Tells something, asks whether to go on (yes) and for a name (Ada) before it opens. */
  chatty: 'c',
  /** Asks for a PIN before it encrypts. */
  pinToWrap: 'w',
  /** Answers with an error. */
  error: 'e',
  /** Has labels of its own: it may not be mixed. */
  label: 'l',
  /** Has the label of post-quantum keys. */
  postQuantum: 'q',
  /** Makes three stanzas for one file, and grease. */
  several: 't',
  /** Says what is wrong on stderr, and dies. */
  dies: 'd',
  /** Never ends. */
  hangs: 'h',
  /** Writes without end. */
  floods: 'f',
  /** Writes what is no message. */
  garbage: 'g',
  /** Says the same for ever. */
  repeats: 'r',
  /** Makes stanzas of a type that is not its own. */
  poses: 'x',
}

/** A key of the test plugin. */
export interface TestPluginKey {
  readonly recipient: string
  readonly identity: string
}

export function testPluginKey(behaviour: keyof typeof BEHAVIOURS): TestPluginKey {
  const { publicKey, privateKey } = generateKeyPairSync('x25519')
  const letter = Buffer.from(BEHAVIOURS[behaviour], 'latin1')
  const half = (text: string | undefined) => Buffer.concat([letter, Buffer.from(text ?? '', 'base64url')])
  return {
    recipient: encodeBech32('age1nstest', half(publicKey.export({ format: 'jwk' }).x)),
    identity: encodeBech32('age-plugin-nstest-', half(privateKey.export({ format: 'jwk' }).d)).toUpperCase(),
  }
}

/** The plugin, on the PATH of a sandbox. */
export class TestPlugin {
  readonly #box: Sandbox
  readonly #log: string

  constructor(box: Sandbox) {
    this.#box = box
    this.#log = box.path('plugin.log')
    const program = fileURLToPath(new URL('./age-plugin-nstest.mjs', import.meta.url))
    box.write(
      'bin/age-plugin-nstest',
      `#!/bin/sh\nNSTEST_LOG='${this.#log}' exec '${process.execPath}' '${program}' "$@"\n`,
      0o755,
    )
  }

  /** How it was started since this was last asked: `recipient-v1`, `identity-v1`. */
  starts(): string[] {
    if (!existsSync(this.#log)) return []
    const starts = readFileSync(this.#log, 'utf8').trim().split('\n').filter(Boolean)
    this.#box.write(this.#log, '')
    return starts
  }
}
