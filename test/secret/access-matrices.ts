import { textPath } from '../../src/byte-path.ts'
import type { AccessMatrix, Cell, Reader, SecretRow } from '../../src/secret/access/matrix.ts'

/** A reader of a matrix in a test. */
export function reader(label: string, more: Partial<Reader> = {}): Reader {
  const key = `age1${label.toLowerCase().replace(/[^a-z0-9]/g, '')}${'q'.repeat(20)}`
  return { key, names: [label], label, groups: [], own: false, current: true, ...more }
}

/** A row; `cells`: one letter a reader, `r`, `p`, `f`, `u`, or `.` for none. */
export function secret(path: string, cells: string, more: Partial<SecretRow> = {}): SecretRow {
  const kinds: Record<string, Cell> = { r: 'reads', p: 'pending', f: 'former', u: 'unknown', '.': 'none' }
  return {
    path: textPath(path),
    state: 'sealed',
    reason: null,
    cells: [...cells].map((letter) => kinds[letter] as Cell),
    change: null,
    from: null,
    gained: [],
    lost: [],
    ...more,
  }
}

/** A matrix of these. */
export function matrixOf(
  readers: readonly Reader[],
  secrets: readonly SecretRow[],
  more: Partial<AccessMatrix> = {},
): AccessMatrix {
  return {
    at: { kind: 'index', policy: 'work tree' },
    since: null,
    readers,
    groups: new Map(),
    secrets,
    ...more,
  }
}

/** As a fleet may have it: people in groups, and hosts that read what is theirs. */
export function fleet(secrets: number, readers: number): AccessMatrix {
  const people = ['alice', 'bob', 'carol', 'dave', 'erin', 'backup']
  const hosts = Array.from(
    { length: readers - people.length - 1 },
    (_, i) => `${['web', 'db', 'mail', 'build'][i % 4]}${(i >> 2) + 1}`,
  )
  const names = [...people, ...hosts, 'mallory']
  const list = names.map((name) =>
    reader(name, {
      own: name === 'bob',
      current: name !== 'mallory',
      groups: people.indexOf(name) in [0, 1, 2] ? ['admins'] : name.startsWith('web') ? ['web'] : [],
    }),
  )
  const web = names.flatMap((name, i) => (name.startsWith('web') ? [i] : []))
  const rows = Array.from({ length: secrets }, (_, n) => {
    const host = hosts[n % hosts.length] as string
    const kind = n % 5
    const folder = kind === 0 ? 'secrets/shared' : kind === 1 ? 'secrets/web' : `secrets/hosts/${host}`
    const path = `${folder}/${['tls.key', 'password.age', 'wireguard.conf', 'token', 'env'][n % 5]}-${n}`
    const stale = n % 23 === 7
    const cells = names.map((name, i): string => {
      if (i < 3 || name === 'backup') return 'r'
      if (name === 'mallory') return stale ? 'f' : '.'
      if (i < people.length) return kind === 0 ? 'r' : '.'
      const named = kind === 1 ? web.includes(i) : name === host
      return named ? (stale ? 'p' : n % 61 === 5 ? 'u' : 'r') : '.'
    })
    const state = stale ? 'stale' : n % 61 === 5 ? 'no-digest' : n % 97 === 50 ? 'plaintext' : 'sealed'
    const change =
      n % 41 === 3
        ? { change: 'new' as const, gained: [0, 1, 2] }
        : n % 37 === 2
          ? { change: 'readers' as const, gained: [5], lost: [names.length - 1] }
          : {}
    return secret(path, cells.join(''), { state, ...change })
  })
  return matrixOf(
    list,
    rows.sort((a, b) => (a.path < b.path ? -1 : 1)),
    {
      groups: new Map([
        ['admins', [0, 1, 2]],
        ['web', web],
      ]),
      since: { kind: 'commit', commit: '34f46ef905cc456c6c83992d4087255927cdc55d', name: 'v1.0' },
    },
  )
}
