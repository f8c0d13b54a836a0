import { shellWord } from '../../../age/shell-word.ts'
import type { Command, Word } from './shell-commands.ts'
import type { Here, ThisTree } from './this-tree.ts'

/** Subcommands of `nix` that evaluate a flake, and whether words that follow are all references (2), the first (1) or none. */
const NIX: Readonly<Record<string, 0 | 1 | 2>> = {
  build: 2,
  bundle: 2,
  develop: 1,
  eval: 1,
  'print-dev-env': 1,
  run: 1,
  shell: 2,
  fmt: 0,
  'flake archive': 1,
  'flake check': 1,
  'flake info': 1,
  'flake lock': 1,
  'flake metadata': 1,
  'flake show': 1,
  'flake update': 0,
  'profile add': 2,
  'profile install': 2,
  'path-info': 2,
  'derivation show': 2,
}
/** Without a reference these do nothing, or do not take `.` for one. */
const NAMED_ONLY = new Set(['profile add', 'profile install', 'bundle', 'path-info', 'derivation show'])
/** Options of `nix` by the number of words that they take. */
const TAKES: Readonly<Record<string, number>> = Object.fromEntries([
  ...'-o --out-link --profile -I --include --apply -j --max-jobs --cores --system --store --eval-store -k --keep -u --unset --inputs-from --reference-lock-file --output-lock-file --log-format --builders --update-input --phase --write-to -A --attr --experimental-features --extra-experimental-features'
    .split(' ')
    .map((option) => [option, 1]),
  ...'--override-input --option --arg --argstr --arg-from-file -s --set-env-var'
    .split(' ')
    .map((option) => [option, 2]),
])
/** What these evaluate is no flake, or none that is named by a word. */
const OTHERWISE = /^(?:-f|--file|--expr|--stdin)$/
/** Programs that take `--flake REFERENCE`. */
const FLAKE_OPTION = new Set([
  ...[
    'nixos-rebuild',
    'nixos-rebuild-ng',
    'darwin-rebuild',
    'home-manager',
    'system-manager',
    'nixos-install',
  ],
  ...['nixos-anywhere', 'nixos-generate', 'disko', 'disko-install'],
])
const SEALED = 'git nixsecret sealed'

/** What a command says of the work tree. */
interface Use {
  readonly here: Here
  /** The index of the word that names it; null: none does, it is what the command takes by itself. */
  readonly at: number | null
  /** What stands before the reference in that word (`--flake=`). */
  readonly lead: string
  /** Where a reference may be put, if none is there; null: the command is to run inside the twin. */
  readonly insert: number | null
}

/**
 * Whether a command has Nix evaluate this work tree as it lies, and so copy what lies open in it.
 * @param cwd what `.` is for it, below the top; null: nobody can tell, so only paths count
 * @returns the same command on the twin, as text; null where it does not, or nobody can tell
 */
export function sealedCommand({ before, words }: Command, tree: ThisTree, cwd: string | null): string | null {
  const program = words[0]?.text.replace(/^[@+-]+/, '').replace(/^.*\//, '')
  if (program === undefined) return null
  const use = useOf(program, words, tree, cwd)
  if (use === null) return null
  if (program === 'nix' && words[1]?.text === 'fmt')
    return `${SEALED} nix run '@sealed@#formatter.SYSTEM' -- .    # SYSTEM: x86_64-linux or what yours is`
  const raw = words.map((word) => word.raw)
  raw[0] = program
  const reference = shellWord(`@sealed@${use.here.attribute}`)
  if (use.at !== null) raw[use.at] = use.lead + reference
  else if (use.insert !== null) raw.splice(use.insert, 0, reference)
  const { directory } = use.here
  const go =
    directory === '.' ? '' : `cd ${/^[\w./$~{}-]+$/.test(directory) ? directory : shellWord(directory)} && `
  const prefix = before
    .map((word) => word.raw)
    .filter((text) => !/^(?:[{}!]|if|then|elif|else|while|until|do|shell)$/.test(text))
  return [`${go}${prefix.map((text) => `${text} `).join('')}${SEALED}`, ...raw].join(' ')
}

function useOf(program: string, words: readonly Word[], tree: ThisTree, cwd: string | null): Use | null {
  if (program === 'nix' || program === 'nom') return useOfNix(words, tree, cwd)
  if (FLAKE_OPTION.has(program)) return useOfOption(words, /^(?:--flake|-F)$/, tree, cwd)
  if (program === 'colmena') {
    const named = useOfOption(words, /^(?:-f|--config)$/, tree, cwd)
    const other = words.some(({ text }) => /^(?:-f|--config)(?:=|$)/.test(text))
    const evaluates = words.some(({ text }) =>
      /^(?:apply|apply-local|build|eval|exec|upload-keys)$/.test(text),
    )
    return named ?? (other || !evaluates ? null : byDefault(tree, cwd, null))
  }
  // Words like these are names of other programs too: only what is written out counts.
  const first = program === 'deploy' ? 1 : program === 'nh' ? 3 : null
  if (first === null || (program === 'nh' && !/^(?:os|home|darwin)$/.test(words[1]?.text ?? ''))) return null
  return named(
    words,
    words.findIndex(({ text }, at) => at >= first && !text.startsWith('-')),
    tree,
    cwd,
  )
}

function useOfNix(words: readonly Word[], tree: ThisTree, cwd: string | null): Use | null {
  const [at = words.length] = indexesOfNames(words, 1)
  const [first, second] = [words[at]?.text ?? '', words[at + 1]?.text]
  const two = `${first} ${second}`
  const [name, start] = Object.hasOwn(NIX, two) ? [two, at + 2] : [first, at + 1]
  const takes = Object.hasOwn(NIX, name) ? NIX[name] : undefined
  if (takes === undefined) return null
  const flake = useOfOption(words, /^--flake$/, tree, cwd)
  if (flake !== null) return flake
  const places = references(words, start)
  if (places === null) return null
  const asked = takes === 2 ? places : places.slice(0, takes)
  for (const place of asked) {
    const use = named(words, place, tree, cwd)
    if (use !== null) return use
  }
  if (asked.length > 0 || NAMED_ONLY.has(name) || words.some(({ text }) => text.startsWith('--flake')))
    return null
  return byDefault(tree, cwd, name.startsWith('flake ') ? null : start)
}

/** Where the words are that are no options; null where something else than a flake is evaluated. */
function references(words: readonly Word[], start: number): number[] | null {
  const end = words.findIndex(({ text }, at) => at >= start && /^(?:--|-c|--command)$/.test(text))
  const own = end === -1 ? words : words.slice(0, end)
  return own.some(({ text }, at) => at >= start && OTHERWISE.test(text)) ? null : indexesOfNames(own, start)
}

function indexesOfNames(words: readonly Word[], start: number): number[] {
  const found: number[] = []
  for (let at = start; at < words.length; at++) {
    const { text } = words[at] as Word
    if (!text.startsWith('-')) found.push(at)
    else at += TAKES[text] ?? 0
  }
  return found
}

function useOfOption(words: readonly Word[], option: RegExp, tree: ThisTree, cwd: string | null): Use | null {
  for (const [at, { text }] of words.entries()) {
    const [, name = '', value = ''] = /^(-[\w-]+)=(.*)$/s.exec(text) ?? []
    if (option.test(name)) {
      const here = tree.leads(value, cwd)
      return here === null ? null : { here, at, lead: `${name}=`, insert: null }
    }
    if (option.test(text)) return named(words, at + 1, tree, cwd)
  }
  return null
}

function named(words: readonly Word[], at: number, tree: ThisTree, cwd: string | null): Use | null {
  const text = words[at]?.text
  const here = text === undefined || text === '' ? null : tree.leads(text, cwd)
  return here === null ? null : { here, at, lead: '', insert: null }
}

function byDefault(tree: ThisTree, cwd: string | null, insert: number | null): Use | null {
  const here = cwd === null ? null : tree.leads('.', cwd)
  return here === null ? null : { here, at: null, lead: '', insert }
}
