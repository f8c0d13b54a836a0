import { existsSync, lstatSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type AgeRecipient, parseRecipient } from '../../age/recipient.ts'
import { shellWord } from '../../age/shell-word.ts'
import { convertedRecipient } from '../../age/ssh/converted-key.ts'
import { mayBeSops } from '../../blob/may-be-sops.ts'
import { openSops, sopsShape } from '../../blob/sops-files.ts'
import { lookAtWorkFile, workFileBytes } from '../../blob/work-file.ts'
import { type BytePath, displayPath, textPath } from '../../byte-path.ts'
import { NixsecretError } from '../../errors.ts'
import { listIndex, type TreeEntry } from '../../git/list-index.ts'
import type { SopsMetadata } from '../../sops/sops-metadata.ts'
import type { ImportPlace } from '../import-place.ts'
import type { ImportedSecret, ImportPlan, LeftOut } from '../import-plan.ts'
import { readSopsConfig, type SopsConfig } from './sops-config.ts'

/** What the command line says. */
export interface SopsOptions {
  /** Whether the files are to be plaintext in the work tree. */
  readonly open: boolean
  /** A directory, from the top, for copies as age files; null to leave documents where they are. */
  readonly into: string | null
  /** Files in which sops itself looks for keys. */
  readonly keyFiles: readonly string[]
  /** Public keys of the user. */
  readonly own: readonly string[]
}

const CONFIG = '.sops.yaml'
/** Bytes of the largest `.pub` file that is looked at. */
const MAX_PUBLIC_KEY = 16 << 10
/** Bytes of the largest document. */
const MAX_DOCUMENT = 16 << 20

/**
 * Plans the import of SOPS documents that git tracks here. Each is for those that it is sealed for; `.sops.yaml` gives
 * them names.
 * @throws NixsecretError `missing` where there is neither a document nor a `.sops.yaml`
 */
export async function planSops(place: ImportPlace, options: SopsOptions): Promise<ImportPlan> {
  const config = readConfig(place.top)
  const entries = (await listIndex(place.git)).filter(({ stage }) => stage === 0)
  const source = new SopsSource(place, options, await sshKeys(place, entries, options.own))
  const secrets: ImportedSecret[] = []
  const left: LeftOut[] = []
  const notes: string[] = []
  for (const entry of entries) {
    const found = await source.look(entry)
    if (found === null) continue
    if (typeof found === 'string') left.push({ what: displayPath(entry.path), why: found })
    else {
      secrets.push(found.secret)
      const wanted = config?.keysFor(Buffer.from(entry.path, 'latin1').toString('utf8')) ?? null
      if (wanted !== null && !source.isFor(found.metadata, wanted))
        notes.push(
          `${displayPath(entry.path)} is sealed for other keys than ${CONFIG} says: the document counts`,
        )
    }
  }
  if (secrets.length === 0 && left.length === 0 && config === null)
    throw new NixsecretError('missing', `git tracks no SOPS document here, and there is no ${CONFIG}`)
  const missing = await missingKeyFiles(place, options.keyFiles)
  if (missing.length > 0) notes.push('sops has keys of yours that git-nixsecret does not use yet')
  return {
    scheme: 'sops',
    secrets,
    left,
    names: config?.names ?? new Map(),
    groups: [],
    filters: [],
    notes,
    hints: missing.map((file) => `git config --global --add nixsecret.identity ${shellWord(file)}`),
  }
}

function readConfig(top: string): SopsConfig | null {
  const stat = lstatSync(join(top, CONFIG), { throwIfNoEntry: false })
  return stat?.isFile() ? readSopsConfig(readFileSync(join(top, CONFIG), 'utf8')) : null
}

async function missingKeyFiles(place: ImportPlace, files: readonly string[]): Promise<string[]> {
  const ours = new Set(await place.keys.paths())
  return files.filter((file) => existsSync(file) && !ours.has(file))
}

/** SSH keys that are known here, by the `age1…` keys that ssh-to-age makes of them. */
async function sshKeys(
  place: ImportPlace,
  entries: readonly TreeEntry[],
  own: readonly string[],
): Promise<Map<string, string>> {
  const found = new Map<string, string>()
  const learn = (text: string) => {
    const recipient = parsedOrNull(text)
    const converted = recipient === null ? null : convertedRecipient(recipient)
    if (converted !== null && !found.has(converted.canonical)) found.set(converted.canonical, text.trim())
  }
  for (const key of (await place.policyOrNull())?.recipients.values() ?? []) learn(key)
  for (const key of own) learn(key)
  for (const { path, oid } of entries) {
    if (!path.endsWith('.pub')) continue
    const blob = await place.catFile.getUpTo(oid, MAX_PUBLIC_KEY)
    if (blob !== null && blob.size <= MAX_PUBLIC_KEY)
      learn(blob.content.toString('utf8').split('\n')[0] ?? '')
  }
  return found
}

function parsedOrNull(text: string): AgeRecipient | null {
  try {
    return parseRecipient(text)
  } catch (fault) {
    if (fault instanceof NixsecretError) return null
    throw fault
  }
}

class SopsSource {
  readonly #place: ImportPlace
  readonly #options: SopsOptions
  readonly #ssh: ReadonlyMap<string, string>

  constructor(place: ImportPlace, options: SopsOptions, ssh: ReadonlyMap<string, string>) {
    this.#place = place
    this.#options = options
    this.#ssh = ssh
  }

  /** @returns null for what is no SOPS document, else why it can't come in, or the secret */
  async look({
    path,
    oid,
    mode,
  }: TreeEntry): Promise<{ secret: ImportedSecret; metadata: SopsMetadata } | string | null> {
    if (!mode.startsWith('100')) return null
    const blob = await this.#place.catFile.getUpTo(oid, MAX_DOCUMENT)
    if (blob === null || blob.size > MAX_DOCUMENT || !mayBeSops(blob.content)) return null
    const document = blob.content
    const shape = sopsShape(path, document)
    if (shape === null) return null
    if (shape.kind === 'broken') return shape.reason.replace(/^SOPS: /, '')
    const { metadata } = shape
    const why = this.#whyNot(path, document, metadata)
    if (why !== null) return why
    const { into, open } = this.#options
    const isCopy = into !== null
    const secret: ImportedSecret = {
      path: isCopy ? (`${textPath(into)}/${path}` as BytePath) : path,
      from: displayPath(path),
      readers: this.#readers(metadata).map((key) => ({ key })),
      driver: open || isCopy ? 'nixsecret' : 'nixsecret-sealed',
      format: isCopy ? 'age' : 'sops',
      inPlace: !isCopy,
      sealed: isCopy ? null : document,
      source: { path, content: document },
      open: () => this.#plaintext(path, document),
    }
    return { secret, metadata }
  }

  #whyNot(path: BytePath, document: Buffer, metadata: SopsMetadata): string | null {
    const others = metadata.otherKeys.join(' and ')
    if (metadata.keyGroups > 1)
      return 'its data key is split among groups of keys; give it one group: sops updatekeys'
    if (metadata.age.length === 0)
      return `only ${others} keys open it; add an age key to ${CONFIG}, then: sops updatekeys ${displayPath(path)}`
    if (others !== '' && this.#options.into === null)
      return `${others} keys open it, too, which a policy can not name; take them out of ${CONFIG}, then: sops updatekeys ${displayPath(path)}; or import it --as age`
    const file = lookAtWorkFile(this.#place.top, path)
    if (file.kind === 'absent' || file.kind === 'other') return 'it is not in the work tree'
    const isSame = workFileBytes(this.#place.top, path)?.equals(document) === true
    // A document that an earlier import opened is plaintext there.
    const isOpened =
      this.#options.open && workFileBytes(this.#place.top, path)?.includes('ENC[AES256_GCM,') === false
    return isSame || isOpened ? null : 'it differs in the work tree from what is staged: git add it first'
  }

  /** Keys as they are to stand in the policy: an SSH key for what was made of it, and each reader once. */
  #readers({ age }: SopsMetadata): string[] {
    const keys = age.map(({ recipient }) => recipient.trim())
    const ssh = new Map(this.#ssh)
    for (const key of keys) {
      const recipient = parsedOrNull(key)
      const converted = recipient === null ? null : convertedRecipient(recipient)
      if (converted !== null && !ssh.has(converted.canonical)) ssh.set(converted.canonical, key)
    }
    const readers = new Map<string, string>()
    for (const key of keys) {
      const reader = ssh.get(parsedOrNull(key)?.canonical ?? '') ?? key
      const { canonical } = parseRecipient(reader)
      if (!readers.has(canonical)) readers.set(canonical, reader)
    }
    return [...readers.values()]
  }

  isFor({ age }: SopsMetadata, wanted: readonly string[]): boolean {
    const forms = (keys: readonly string[]) =>
      JSON.stringify([...new Set(keys.map((key) => parsedOrNull(key)?.canonical ?? key))].sort())
    return forms(age.map(({ recipient }) => recipient)) === forms(wanted)
  }

  async #plaintext(path: BytePath, document: Buffer): Promise<Uint8Array | null> {
    const opened = await openSops(path, document, await this.#place.keys.identities())
    if (opened?.state === 'open') return opened.plaintext
    if (opened?.state === 'damaged') throw new NixsecretError('format', opened.reason)
    return null
  }
}
