import { wordsOf } from './option-words.ts'
import { secretName } from './secret-names.ts'

/** What a function does with a file that it is given, and which argument the file is, from 0. */
export interface Reader {
  /** As reports name it. */
  readonly how: string
  readonly arg: number
}

/** Functions that read a file, or copy it to the store, at evaluation (https://nix.dev/manual/nix/latest/language/builtins). */
const READERS = new Map<string, Reader>([
  ['readFile', { how: 'builtins.readFile', arg: 0 }],
  ['fileContents', { how: 'lib.fileContents', arg: 0 }],
  ['importJSON', { how: 'lib.importJSON', arg: 0 }],
  ['importTOML', { how: 'lib.importTOML', arg: 0 }],
  ['import', { how: 'import', arg: 0 }],
  ['scopedImport', { how: 'builtins.scopedImport', arg: 1 }],
  ['callPackage', { how: 'callPackage', arg: 0 }],
  ['callPackages', { how: 'callPackage', arg: 0 }],
  ['path', { how: 'builtins.path', arg: 0 }],
  ['filterSource', { how: 'builtins.filterSource', arg: 1 }],
  ['fetchGit', { how: 'builtins.fetchGit', arg: 0 }],
  ['fetchTree', { how: 'builtins.fetchTree', arg: 0 }],
  ['fetchurl', { how: 'fetchurl', arg: 0 }],
  ['fetchTarball', { how: 'builtins.fetchTarball', arg: 0 }],
  ['getFlake', { how: 'builtins.getFlake', arg: 0 }],
  ['storePath', { how: 'builtins.storePath', arg: 0 }],
  ['cleanSource', { how: 'lib.cleanSource', arg: 0 }],
  ['cleanSourceWith', { how: 'lib.cleanSourceWith', arg: 0 }],
  ['copyPathToStore', { how: 'copyPathToStore', arg: 0 }],
  ['toSource', { how: 'lib.fileset.toSource', arg: 0 }],
  ['gitTracked', { how: 'lib.fileset.gitTracked', arg: 0 }],
])

/** @param name the function's last name: `readFile` of `builtins.readFile` */
export function reader(name: string | null): Reader | null {
  return name === null ? null : (READERS.get(name) ?? null)
}

/** Attributes by which `builtins.path`, `fetchGit` and their like take their file. */
export const PATH_ATTRIBUTES = new Set(['path', 'url', 'src', 'urls', 'fileset'])

/** Functions that look at names, hashes or a chosen part of what they are given: they copy nothing of a file. */
const LOOKERS = new Set(
  (
    'pathExists readDir readFileType hashFile baseNameOf dirOf isPath isStorePath typeOf difference ' +
    'sourceByRegex sourceFilesBySuffices fileFilter intersection listFilesRecursive ' +
    'hasPrefix removePrefix fromSource traceVal pathIsDirectory pathIsRegularFile pathType ' +
    // Of ours: they read nixsecret.toml.
    'deploymentKeys morphSecrets'
  ).split(' '),
)

/** Whether a path given to a function stays where it is. */
export function onlyLooks(name: string | null): boolean {
  return name !== null && LOOKERS.has(name)
}

/** Whether a variable of the environment holds a secret, by its name. */
export function isSecretVariable(name: string): boolean {
  const kind = /^(OLD)?PWD$/.test(name) ? null : secretName(name)
  if (kind === 'weak') return wordsOf(name).length > 1 && !/^(SSH|XDG|GPG|NIX|COLOR)_/.test(name)
  return kind !== null
}
