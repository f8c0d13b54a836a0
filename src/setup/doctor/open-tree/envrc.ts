import { type BytePath, baseName, displayPath } from '../../../byte-path.ts'
import type { ThisTree } from './this-tree.ts'
import type { OpenUse } from './use.ts'

/**
 * `use flake` of direnv and nix-direnv. `use nix` is none: without flakes Nix takes only what an expression names.
 * The reference to the twin stays the same, so the cache of nix-direnv does, too; it can't see from it that a file of
 * the work tree changed, hence `watch_file`. Were there no reference, `use flake ""` would take the open tree: hence `&&`.
 */
export function envrcUses(path: BytePath, text: string, tree: ThisTree): OpenUse[] {
  if (baseName(path) !== '.envrc') return []
  const below = path.slice(0, Math.max(0, path.lastIndexOf('/')))
  return text.split(/\r?\n/).flatMap((line, at) => {
    const [, use, reference = '.', rest = ''] =
      /^[^#\n]*?(?:^|[;&|!]|\bif|\bthen)\s*(use[ _]flake)(?![\w-])(?:[ \t]+(?!-)("[^"]*"|'[^']*'|[^\s;&|"']+))?([^;&|]*)/.exec(
        line,
      ) ?? []
    if (use === undefined) return []
    const here = tree.leads(reference.replace(/^(["'])(.*)\1$/, '$2'), below)
    if (here === null) return []
    const directory = here.directory === '.' ? '' : ` ${here.directory}`
    const flag = rest.trim() === '' ? '' : ` ${rest.trim()}`
    const instead = `watch_file flake.nix flake.lock; ref=$(git nixsecret flake-ref${directory}) && use flake "$ref${here.attribute}"${flag}`
    return [
      { where: `${displayPath(path)}:${at + 1}`, what: 'has direnv evaluate the open work tree', instead },
    ]
  })
}
