import { statSync } from 'node:fs'
import type { Scopes } from '../../blob/protected-files.ts'
import { NixsecretError } from '../../errors.ts'
import { cacheDirs, logDir } from '../../host/nix-dirs.ts'
import type { AuditContext } from './audit-context.ts'
import { collectKeys } from './collect-keys.ts'
import { type Closed, type Collected, collectPlaintexts } from './collect-plaintexts.ts'
import type { Unreadable } from './entry-scanner.ts'
import { FileScanner } from './file-scanner.ts'
import type { Found } from './found.ts'
import { type Leak, leaksOf, splitAllowed } from './leak.ts'
import { meaningsOf } from './meanings-of.ts'
import { NixStore } from './nix-store.ts'
import { type PublicLine, publicTexts } from './public-texts.ts'
import { type Removal, removeLeaks } from './remove-leaks.ts'
import { scanCaches } from './scan-caches.ts'
import { scanLogs } from './scan-logs.ts'
import { scanStore } from './scan-store.ts'
import { planSearch, type SearchPlan } from './search-plan.ts'
import type { Plaintext, Secret } from './secret.ts'

/** What is audited, and how. */
export interface AuditOptions {
  /** The store's directory. */
  readonly store: string
  readonly scopes: Scopes
  /** Every file of the store, and every object of Nix's git caches. */
  readonly deep: boolean
  /** What secrets were in former commits, too. */
  readonly history: boolean
  /** Remove what can be removed. */
  readonly remove: boolean
  readonly onProgress: (what: string, done: number, total: number) => void
}

/** What was looked at. */
export interface Looked {
  readonly secrets: number
  readonly contents: number
  readonly keys: number
  /** Of the store; null where there is none. */
  readonly entries: number | null
  readonly files: number
  /** Files of the store over 64 KiB of which only the whole was compared. */
  readonly wholeOnly: number
  readonly caches: number
  /** Caches of git objects in which only whole files were looked for. */
  readonly gitWholeOnly: number
  readonly logs: number
}

/** What an audit found, what it looked at, and what it could not look at. */
export interface Audit {
  readonly leaks: readonly Leak[]
  /** What the policy lets into the store, and is there. */
  readonly allowed: readonly Leak[]
  /** Of many files with hits some were only counted. */
  readonly more: number
  readonly looked: Looked
  readonly closed: readonly Closed[]
  readonly unreadable: readonly Unreadable[]
  readonly left: ReadonlyMap<Secret, number>
  readonly cut: ReadonlySet<Secret>
  readonly publicLines: readonly PublicLine[]
  /** Null where nothing was to be removed. */
  readonly removal: Removal | null
}

/**
 * Looks for the plaintext of the repository's secrets, and for the private keys that open them, in a Nix store and in
 * Nix's caches and logs.
 * @throws NixsecretError `missing` where there is neither a secret nor a key to look for
 */
export async function auditStore(context: AuditContext, options: AuditOptions): Promise<Audit> {
  const collected = await collectPlaintexts(context, options.scopes, options.history)
  // Who names files asks about these.
  const keys = options.scopes.length === 0 ? await collectKeys(context) : []
  if (collected.secrets.length + keys.length === 0) throw nothingToLookFor(options.scopes)
  const plaintexts = [...collected.plaintexts, ...keys]
  const { texts, lines } = await publicTexts(context, plaintexts)
  const plan = planSearch(plaintexts, (text) => texts.has(text))
  const places = await lookEverywhere(plan, options)
  const { leaked, allowed } = splitAllowed(places.found)
  const nixStore = new NixStore(options.store)
  const leaks = await withRoots(leaksOf(leaked, latin1(options.store)), nixStore)
  const kept = leaksOf(allowed, latin1(options.store)).map((leak) => ({ ...leak, roots: [] }))
  return {
    leaks,
    allowed: kept,
    more: places.more,
    looked: { ...counts(collected, keys), ...places.looked },
    closed: collected.closed,
    unreadable: places.unreadable,
    left: plan.left,
    cut: plan.cut,
    publicLines: lines,
    removal: options.remove ? await removeLeaks(leaks, nixStore, cacheDirs()) : null,
  }
}

function nothingToLookFor(scopes: Scopes): NixsecretError {
  const where = scopes.length > 0 ? 'of what was named' : 'here'
  return new NixsecretError('missing', `no file ${where} is protected: there is nothing to look for`, {
    hints: ['git nixsecret status'],
  })
}

function counts({ secrets, plaintexts }: Collected, keys: readonly Plaintext[]) {
  return { secrets: secrets.length, contents: plaintexts.length, keys: keys.length }
}

interface Places {
  readonly found: readonly Found[]
  readonly unreadable: readonly Unreadable[]
  readonly more: number
  readonly looked: Omit<Looked, 'secrets' | 'contents' | 'keys'>
}

async function lookEverywhere(plan: SearchPlan, options: AuditOptions): Promise<Places> {
  const store = await lookInStore(plan, options)
  const scanner = new FileScanner(plan)
  const caches = await scanCaches(plan, scanner, cacheDirs(), options.deep)
  const logs = await scanLogs(plan, scanner, logDir(), (done, total) =>
    options.onProgress('reading build logs', done, total),
  )
  return {
    found: [...store.found, ...caches.found, ...logs.found],
    unreadable: [...store.unreadable, ...caches.unreadable, ...logs.unreadable],
    more: store.more,
    looked: { ...store.looked, caches: caches.files, gitWholeOnly: caches.onlyWhole, logs: logs.files },
  }
}

async function lookInStore(plan: SearchPlan, { store, deep, onProgress }: AuditOptions) {
  if (!isThere(store))
    return { found: [], unreadable: [], more: 0, looked: { entries: null, files: 0, wholeOnly: 0 } }
  const top = latin1(store)
  const patterns = { needles: plan.needles, wholes: plan.wholes, paths: plan.paths }
  const scan = await scanStore(patterns, { store: top, deep }, (done, total) =>
    onProgress('looking through the store', done, total),
  )
  const found = scan.hits.map((hit): Found => {
    return { kind: 'store', path: `${top}/${hit.path}`, in: hit.in, meanings: meaningsOf(plan, hit) }
  })
  const unreadable = scan.unreadable.map(({ path, code }) => ({ path: `${top}/${path}`, code }))
  const looked = { entries: scan.entries, files: scan.files, wholeOnly: scan.unread }
  return { found, unreadable, more: scan.dropped, looked }
}

function isThere(store: string): boolean {
  try {
    return statSync(store, { throwIfNoEntry: false }) !== undefined
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException
    throw new NixsecretError('io', `cannot look at the Nix store: ${code}`, { cause })
  }
}

async function withRoots(leaks: readonly Omit<Leak, 'roots'>[], nixStore: NixStore): Promise<Leak[]> {
  const inStore = leaks.filter(({ kind }) => kind === 'store').map(({ place }) => place)
  const roots = inStore.length === 0 ? new Map() : await nixStore.roots(inStore)
  return leaks.map((leak) => ({
    ...leak,
    roots: leak.kind === 'store' ? (roots.get(leak.place) ?? null) : [],
  }))
}

function latin1(path: string): string {
  return Buffer.from(path).toString('latin1')
}
