import { shellWord } from '../../age/shell-word.ts'
import { type BytePath, displayPath } from '../../byte-path.ts'
import { storeDir } from '../../host/nix-dirs.ts'
import type { Leak } from '../../store/audit/leak.ts'
import { KEEP_NOTHING } from '../../store/audit/nix-store.ts'
import type { ShownPaths } from './shown-path.ts'

/** Paths that one command names. */
const MOST = 8

/** What an audit looked through: one that is to remove the same has to look there again. */
export interface AuditReach {
  readonly store: string
  readonly deep: boolean
  readonly history: boolean
}

/** The command that removes what an audit of this reach finds. */
export function deleteCommand({ store, deep, history }: AuditReach): string {
  const options = [
    ...(store === storeDir() ? [] : ['--store', shellWord(store)]),
    ...(deep ? ['--deep'] : []),
    ...(history ? ['--history'] : []),
    '--delete',
  ]
  return `git nixsecret audit ${options.join(' ')}`
}

/** Commands that remove leaks by hand, or by `--delete`. */
export function removalHints(leaks: readonly Leak[], reach: AuditReach, paths: ShownPaths): string[] {
  const { store } = reach
  const held = leaks.flatMap(({ roots }) => roots ?? [])
  const inStore = leaks.filter(({ kind }) => kind === 'store')
  const free = inStore.filter(({ roots }) => roots?.length === 0)
  const files = leaks.filter(({ kind }) => kind !== 'store')
  const variable = store === storeDir() ? '' : `NIX_STORE_DIR=${shellWord(store)} `
  const hints = [...new Set(held)].slice(0, MOST).map(rootHint)
  if (inStore.length > free.length)
    hints.push(`${deleteCommand(reach)}    # once no root holds them any more`)
  else hints.push(`${deleteCommand(reach)}    # does what these do:`)
  if (free.length > 0 && free.length <= MOST) {
    const places = free.map(({ place }) => word(paths.of(place))).join(' ')
    const query = `$(${variable}nix-store --query --referrers-closure ${places})`
    hints.push(`${variable}nix-store ${KEEP_NOTHING.join(' ')} --delete ${query}`)
  }
  if (files.length > 0 && files.length <= MOST) {
    const recursive = files.some(({ kind }) => kind === 'git-cache') ? '-rf' : '-f'
    hints.push(`rm ${recursive} ${files.map(({ place }) => filesOf(paths.of(place))).join(' ')}`)
  }
  return hints
}

function filesOf(place: string): string {
  return place.endsWith('.sqlite')
    ? `${word(place)} ${word(`${place}-wal`)} ${word(`${place}-shm`)}`
    : word(place)
}

/** How a root is given up. */
function rootHint(root: string): string {
  const generation = /^(\/.*)-(\d+)-link$/.exec(root)
  if (generation !== null) {
    const [, profile = '', number] = generation
    const comment = '    # after switching to one without the secret'
    return `nix-env --profile ${shellWord(profile)} --delete-generations ${number}${comment}`
  }
  if (root.startsWith('/proc/') || root.startsWith('{') || !root.startsWith('/'))
    return `# a running program holds it: ${displayPath(root as BytePath)}`
  return `rm ${shellWord(root)}`
}

// What needs escapes to be shown can't be pasted; then it is at least recognised.
function word(place: string): string {
  const shown = displayPath(place as BytePath)
  // A star stands for what may not be told.
  if (/^[\w/.+?=*-]+$/.test(shown)) return shown
  return shellWord(shown)
}
