import type { Found, PlaceKind } from './found.ts'
import type { Meaning } from './secret.ts'

/** A store path, a cache or a log that holds something of a secret. */
export interface Leak {
  readonly kind: PlaceKind
  /** The store path, file or directory that would have to go: absolute, one character a byte. */
  readonly place: string
  readonly files: readonly Found[]
  /**
   * Of a store path: the garbage collector's roots that hold it, as Nix prints them. Null where Nix could not tell.
   * Always empty for caches and logs.
   */
  readonly roots: readonly string[] | null
}

/**
 * Brings together what lies in one store path.
 * @param store the store's directory, one character a byte
 */
export function leaksOf(found: readonly Found[], store: string): Omit<Leak, 'roots'>[] {
  const leaks = new Map<string, { kind: PlaceKind; place: string; files: Found[] }>()
  for (const file of found) {
    const place = file.kind === 'store' ? entryOf(file.path, store) : withoutSuffix(file.path)
    const leak = leaks.get(place)
    if (leak === undefined) leaks.set(place, { kind: file.kind, place, files: [file] })
    else leak.files.push(file)
  }
  return [...leaks.values()].sort((a, b) => (a.place < b.place ? -1 : 1))
}

/** What was found, taken apart by whether the policy allows it. */
export function splitAllowed(found: readonly Found[]): { leaked: Found[]; allowed: Found[] } {
  const pick = (wanted: (meaning: Meaning) => boolean) =>
    found
      .map((file) => ({ ...file, meanings: file.meanings.filter(wanted) }))
      .filter(({ meanings }) => meanings.length > 0)
  return {
    leaked: pick(({ secret }) => !secret.allowed),
    allowed: pick(({ secret }) => secret.allowed),
  }
}

function entryOf(path: string, store: string): string {
  const end = path.indexOf('/', store.length + 1)
  return end === -1 ? path : path.slice(0, end)
}

/** The files of one SQLite database are one. */
function withoutSuffix(path: string): string {
  return path.replace(/(\.sqlite)-(wal|shm|journal)$/, '$1')
}
