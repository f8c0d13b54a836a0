import { existsSync } from 'node:fs'
import { dirname, relative, resolve } from 'node:path'
import { beginsAsAge } from '../../age/inspect.ts'
import { openBlob } from '../../blob/open-blob.ts'
import { lookAtWorkFile, workFileBytes } from '../../blob/work-file.ts'
import { type BytePath, displayPath, displayText, textPath } from '../../byte-path.ts'
import { NixsecretError } from '../../errors.ts'
import { attributesLines } from '../../git/attributes-lines.ts'
import { type Driver, driverOf, filterAttributes } from '../../git/check-attr.ts'
import { listIndex, type TreeEntry } from '../../git/list-index.ts'
import { escapePattern } from '../escape-pattern.ts'
import type { ImportPlace } from '../import-place.ts'
import type { ImportedSecret, ImportPlan, LeftOut } from '../import-plan.ts'
import type { AgenixRule } from './agenix-rules.ts'
import { readRules } from './read-rules.ts'

/** What the command line says. */
export interface AgenixOptions {
  /** `secrets.nix`, absolute; null to look where agenix users have it. */
  readonly rules: string | null
  /** Whether the files are to be plaintext in the work tree. */
  readonly open: boolean
}

/** Enough to see whether a blob begins as an age file. */
const HEAD_SIZE = 256

/**
 * Plans the import of what agenix has: `.age` files of this repository, which stay where they are.
 * @param cwd the user's directory, absolute
 * @throws NixsecretError `missing` where there is no `secrets.nix`, `format` where it can't be read
 */
export async function planAgenix(
  place: ImportPlace,
  cwd: string,
  options: AgenixOptions,
): Promise<ImportPlan> {
  const file = options.rules ?? findRules(place.top, cwd)
  if (!existsSync(file)) throw new NixsecretError('missing', `there is no ${displayText(file)}`)
  const { rules, names, by } = await readRules(file, place.top)
  const base = baseOf(rules, [dirname(file), cwd])
  const index = new Map((await listIndex(place.git)).map((entry) => [entry.path, entry]))
  const source = new AgenixSource(place, index, options.open)
  const left: LeftOut[] = []
  const secrets = new Map<BytePath, ImportedSecret>()
  await source.look(rules.map((rule) => pathOf(place.top, base, rule.file)))
  for (const rule of rules) {
    const path = pathOf(place.top, base, rule.file)
    const found = path === null ? 'it lies outside of this repository' : await source.secret(path, rule)
    const what = path === null ? rule.file : displayPath(path)
    if (typeof found === 'string') left.push({ what, why: found })
    else if (secrets.has(found.path)) left.push({ what, why: 'it is named twice' })
    else secrets.set(found.path, found)
  }
  left.push(...(await source.unnamed(new Set(secrets.keys()), relative(place.top, file))))
  const how = {
    nix: 'as Nix evaluates it',
    parser: 'as plain data, for there is no nix-instantiate',
    json: 'as JSON',
  }
  const shown = displayText(relative(place.top, file))
  const untracked = [...secrets.keys()].filter((path) => !index.has(path)).map(displayPath)
  const notes = [`${shown} was read ${how[by]}`]
  if (untracked.length > 0) notes.push(`git did not track these until now: ${untracked.join(', ')}`)
  return {
    scheme: 'agenix',
    secrets: [...secrets.values()],
    left,
    names: names.keys,
    groups: names.groups,
    filters: [],
    notes,
    hints: [],
  }
}

function findRules(top: string, cwd: string): string {
  const named = process.env.RULES
  const places = [
    resolve(cwd, 'secrets.nix'),
    resolve(top, 'secrets.nix'),
    resolve(top, 'secrets/secrets.nix'),
  ]
  if (named !== undefined && named !== '') return resolve(cwd, named)
  const found = places.find((file) => existsSync(file))
  if (found !== undefined) return found
  throw new NixsecretError('missing', 'there is no secrets.nix, neither at the top nor in secrets/', {
    hints: ['git nixsecret import agenix --rules FILE'],
  })
}

/** agenix takes paths from where it is run: as a rule where `secrets.nix` is, with `RULES` anywhere else. */
function baseOf(rules: readonly AgenixRule[], places: readonly string[]): string {
  const count = (place: string) => rules.filter(({ file }) => existsSync(resolve(place, file))).length
  const [first = '', ...others] = places
  return others.reduce((best, place) => (count(place) > count(best) ? place : best), first)
}

function pathOf(top: string, base: string, file: string): BytePath | null {
  const path = relative(top, resolve(base, file))
  return path === '' || path === '..' || path.startsWith('../') ? null : textPath(path)
}

class AgenixSource {
  readonly #place: ImportPlace
  readonly #index: ReadonlyMap<BytePath, TreeEntry>
  readonly #open: boolean
  /** Of `.gitattributes` at the top. */
  readonly #lines: ReadonlySet<string>
  #drivers = new Map<BytePath, string>()

  constructor(place: ImportPlace, index: ReadonlyMap<BytePath, TreeEntry>, open: boolean) {
    this.#place = place
    this.#index = index
    this.#open = open
    const attributes = workFileBytes(place.top, textPath('.gitattributes'))
    this.#lines = new Set(attributes?.toString('utf8').split('\n'))
  }

  /** Asks git for the filters of all paths at once. */
  async look(paths: readonly (BytePath | null)[]): Promise<void> {
    const asked = [...new Set(paths)].flatMap((path) => (path === null ? [] : [path]))
    this.#drivers = await filterAttributes(asked, { ...this.#place.git, cached: false })
  }

  /** @returns why it can't come in, or the secret */
  async secret(path: BytePath, rule: AgenixRule): Promise<ImportedSecret | string> {
    if (rule.publicKeys.length === 0) return 'it has no publicKeys'
    const file = lookAtWorkFile(this.#place.top, path)
    if (file.kind === 'absent') return 'there is no such file in the work tree'
    const found = file.kind === 'sealed' ? workFileBytes(this.#place.top, path) : await this.#opened(path)
    if (found === null) return 'it is no age file'
    return {
      path,
      from: displayPath(path),
      readers: rule.publicKeys.map((key) => ({ key })),
      driver: this.#driver(path, file.kind === 'sealed'),
      inPlace: true,
      sealed: found,
      open: () => this.#plaintext(found),
    }
  }

  /** What an earlier import opened stays open. */
  #driver(path: BytePath, isSealed: boolean): Driver {
    const opened = this.#lines.has(attributesLines(escapePattern(path) ?? '', 'nixsecret')[0] ?? '')
    return this.#open || opened || !isSealed ? 'nixsecret' : 'nixsecret-sealed'
  }

  /** Of a file that an earlier import opened, git has the ciphertext. */
  async #opened(path: BytePath): Promise<Buffer | null> {
    const entry = this.#index.get(path)
    if (entry === undefined || driverOf(this.#drivers.get(path)) === null) return null
    const blob = await this.#place.catFile.get(entry.oid)
    return blob !== null && beginsAsAge(blob.content) ? blob.content : null
  }

  async #plaintext(sealed: Buffer): Promise<Uint8Array | null> {
    const opened = await openBlob(sealed, await this.#place.keys.identities())
    if (opened.state === 'open') return opened.plaintext
    if (opened.state === 'locked') return null
    throw new NixsecretError(
      'format',
      opened.state === 'damaged' ? `damaged: ${opened.reason}` : 'no age file',
    )
  }

  /** Tracked age files that `secrets.nix` does not name, and nothing protects. */
  async unnamed(named: ReadonlySet<BytePath>, rules: string): Promise<LeftOut[]> {
    const paths = [...this.#index.keys()].filter((path) => path.endsWith('.age') && !named.has(path))
    const drivers = await filterAttributes(paths, { ...this.#place.git, cached: false })
    const left: LeftOut[] = []
    for (const path of paths) {
      if (driverOf(drivers.get(path)) !== null) continue
      const head = await this.#place.catFile.getUpTo(this.#index.get(path)?.oid ?? '', HEAD_SIZE)
      if (head !== null && beginsAsAge(head.content))
        left.push({ what: displayPath(path), why: `${displayText(rules)} does not name it` })
    }
    return left
  }
}
