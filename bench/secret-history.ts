import { randomBytes } from 'node:crypto'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { encodeBase64 } from '../src/age/base64.ts'
import { encodeHeader } from '../src/age/header.ts'
import { parseRecipient } from '../src/age/recipient.ts'
import { sealBytes } from '../src/age/seal.ts'
import { x25519Identity } from '../src/age/x25519-identity.ts'
import { recipientsDigest, STANZA_TYPE } from '../src/policy/digest.ts'
import { FastImport } from '../test/support/fast-import.ts'
import type { Sandbox } from '../test/support/sandbox.ts'

const ATTRIBUTES = 'secrets/** filter=nixsecret diff=nixsecret merge=nixsecret -text\n'
/** In every so many commits somebody leaves, and somebody comes: all secrets are sealed anew. */
const LEAVES = 100
const MERGES = 25

/** How a history is to be. */
export interface HistorySize {
  readonly secrets: number
  readonly commits: number
  readonly readers: number
  /** Bytes that secrets have at most; at least 24. */
  readonly largest: number
}

/**
 * A repository with a long history of secrets: each commit changes one, every 25th is a merge, and in every 100th a reader
 * leaves, another comes, and all are sealed anew. Stanzas of others than `own` are random bytes, which nobody without their
 * keys can tell from real ones, since to make sixty of them takes ten milliseconds.
 * @param own the public key of whoever looks at it
 * @returns its work tree, with the index of the last commit and no file in it
 */
export async function makeSecretHistory(
  sandbox: Sandbox,
  name: string,
  own: string,
  { secrets, commits, readers, largest }: HistorySize,
): Promise<string> {
  const dir = sandbox.path(name)
  await sandbox.ok('git', ['init', '-q', dir])
  const git = new FastImport(dir, sandbox.env)
  const people = Array.from({ length: readers - 1 }, (_, i) => person(i))
  const mine = { name: 'own', key: own }
  const policy = () => policyText([...people.slice(0, readers >> 1), mine, ...people.slice(readers >> 1)])
  const keys = () =>
    [...people.slice(0, readers >> 1), mine, ...people.slice(readers >> 1)].map(({ key }) => key)
  const seal = (text: string) => sealFor(keys(), own, Buffer.from(text))
  const texts = Array.from({ length: secrets }, (_, n) => textOf(n, 0, largest))
  const all = () => new Map(texts.map((text, n) => [pathOf(n), seal(text)]))
  let time = 1_600_000_000
  let tip = await git.commit({
    ref: 'refs/heads/main',
    parents: [],
    files: new Map<string, Uint8Array | string>([
      ['.gitattributes', ATTRIBUTES],
      ['nixsecret.toml', policy()],
      ...all(),
    ]),
    time,
  })
  for (let i = 1; i < commits; i++) {
    time += 3600
    const n = (i * 7919) % secrets
    if (i % LEAVES === 0) {
      people.shift()
      people.push(person(readers + i))
      const files = new Map<string, Uint8Array | string>([['nixsecret.toml', policy()], ...all()])
      tip = await git.commit({ ref: 'refs/heads/main', parents: [tip], files, time })
      continue
    }
    texts[n] = textOf(n, i, largest)
    const files = { [pathOf(n)]: seal(texts[n] as string) }
    if (i % MERGES === 0) {
      const side = await git.commit({ ref: 'refs/heads/side', parents: [tip], files, time })
      tip = await git.commit({ ref: 'refs/heads/main', parents: [tip, side], files, time })
      i++
    } else tip = await git.commit({ ref: 'refs/heads/main', parents: [tip], files, time })
  }
  await git.end()
  await sandbox.ok('git', ['update-ref', '-d', 'refs/heads/side'], { cwd: dir })
  await sandbox.ok('git', ['symbolic-ref', 'HEAD', 'refs/heads/main'], { cwd: dir })
  await sandbox.ok('git', ['read-tree', 'HEAD'], { cwd: dir })
  mkdirSync(join(dir, 'secrets'))
  return dir
}

interface Reader {
  readonly name: string
  readonly key: string
}

function person(i: number): Reader {
  return { name: `reader${i}`, key: x25519Identity(randomBytes(32), 'bench').recipient as string }
}

function policyText(readers: readonly Reader[]): string {
  const lines = readers.map(({ name, key }) => `${name} = "${key}"`)
  const rules = Array.from(
    { length: 10 },
    (_, i) => `[[rule]]\npaths = ["/secrets/team${i}/**"]\nto = ["@all"]\n`,
  )
  const names = JSON.stringify(readers.map(({ name }) => name))
  return `version = 1\n[recipients]\n${lines.join('\n')}\n[groups]\nall = ${names}\n[default]\nto = ["@all"]\n${rules.join('')}`
}

function pathOf(n: number): string {
  return `secrets/team${n % 10}/s${n}`
}

function textOf(n: number, i: number, largest: number): string {
  const text = `${n} ${i} `.padEnd(24, 'x')
  return text.padEnd(24 + ((n * 31 + i * 17) % Math.max(1, largest - 23)), 'y')
}

function sealFor(keys: readonly string[], own: string, plaintext: Buffer): Buffer {
  const fileKey = randomBytes(16)
  const recipient = parseRecipient(own)
  const stanzas = keys.map((key) => {
    if (key !== own) return { args: ['X25519', encodeBase64(randomBytes(32))], body: randomBytes(32) }
    if (recipient.type === 'plugin') throw new Error('a key of a plugin')
    const stanza = recipient.wrap(fileKey)
    if (stanza instanceof Promise) throw new Error('a post-quantum key')
    return stanza
  })
  const ours = { args: [STANZA_TYPE, recipientsDigest(keys)], body: Buffer.alloc(0) }
  return sealBytes({ fileKey, bytes: encodeHeader([...stanzas, ours], fileKey) }, plaintext)
}
