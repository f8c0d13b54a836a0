import { shellWord } from '../../age/shell-word.ts'
import { type BytePath, displayPath } from '../../byte-path.ts'
import { storeDir } from '../../host/nix-dirs.ts'
import type { Leak } from '../../store/audit/leak.ts'
import { KEEP_NOTHING } from '../../store/audit/nix-store.ts'
import type { ShownPaths } from './shown-path.ts'

/** Paths that one command names. */
const MOST = 8

/** Commands that remove leaks by hand, or by `--delete`. */
export function removalHints(leaks: readonly Leak[], store: string, paths: ShownPaths): string[] {
  const held = leaks.flatMap(({ roots }) => roots ?? [])
  const inStore = leaks.filter(({ kind }) => kind === 'store')
  const free = inStore.filter(({ roots }) => roots?.length === 0)
  const files = leaks.filter(({ kind }) => kind !== 'store')
  const option = store === storeDir() ? '' : ` --store ${shellWord(store)}`
  const variable = store === storeDir() ? '' : `NIX_STORE_DIR=${shellWord(store)} `
  const hints = [...new Set(held)].slice(0, MOST).map(rootHint)
  if (inStore.length > free.length)
    hints.push(`git nixsecret audit${option} --delete    # once no root holds them any more`)
  else hints.push(`git nixsecret audit${option} --delete    # does what these do:`)
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
