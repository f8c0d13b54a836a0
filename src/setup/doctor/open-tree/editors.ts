import { type BytePath, displayPath } from '../../../byte-path.ts'
import type { ThisTree } from './this-tree.ts'
import type { OpenUse } from './use.ts'

const SETTINGS =
  /(?:^|\/)(?:\.vscode\/settings\.json|[^/]+\.code-workspace|\.helix\/languages\.toml|\.zed\/settings\.json|\.vim\/coc-settings\.json|\.nvim\.lua|\.nvimrc|\.exrc|\.neoconf\.json|\.dir-locals\.el)$/

/** Whether a file may be settings of an editor. */
export function isEditorSettings(path: BytePath): boolean {
  return SETTINGS.test(path)
}

/**
 * Language servers that evaluate the work tree: nixd, by the expressions that it is given (`builtins.getFlake`), and
 * nil, where it may archive inputs, for which it calls `nix flake archive`. Such expressions stand in the Nix files of
 * who configures an editor with Nix as well, and in those that load a flake into a REPL.
 * https://github.com/nix-community/nixd/blob/main/nixd/docs/configuration.md
 * https://github.com/oxalica/nil/blob/main/docs/configuration.md
 */
export function editorUses(path: BytePath, text: string, tree: ThisTree): OpenUse[] {
  const settings = isEditorSettings(path)
  if (!settings && !path.endsWith('.nix')) return []
  const below = path.slice(0, Math.max(0, path.lastIndexOf('/')))
  return text.split(/\r?\n/).flatMap((line, at) => {
    if (/^\s*(?:\/\/|#|--|;)/.test(line)) return []
    const where = `${displayPath(path)}:${at + 1}`
    const found: OpenUse[] = []
    if (settings && /["']?\bautoArchive["']?\s*[:=]\s*true\b/.test(line))
      found.push({
        where,
        what: 'lets nil run "nix flake archive" on the open work tree',
        instead: line.trim().replace(/true\b/, 'false'),
      })
    for (const [, argument = ''] of line.matchAll(
      /\bgetFlake\s+\(?((?:\\?["']|''|\(|[\w.]*toString\s|\.)[^;]*)/g,
    )) {
      // What is not in a Nix file is evaluated where the editor runs, at the top as a rule.
      if (named(argument, tree, settings ? '' : below)) {
        const what = 'has Nix evaluate the open work tree (builtins.getFlake)'
        found.push({
          where,
          what,
          instead: 'builtins.getFlake "REF"    # REF: what "git nixsecret flake-ref" prints',
        })
        break
      }
    }
    return found
  })
}

function named(argument: string, tree: ThisTree, cwd: string): boolean {
  if (
    /^(?:\(?\s*(?:builtins\.)?toString\s+\.\/\.|\.\/\.|(?:\\?["'])\$\{(?:toString\s+)?\.\/\.\})/.test(
      argument,
    )
  )
    return true
  const [, reference] =
    /^(?:\(?\s*(?:builtins\.)?toString\s+)?(?:\\?["']|'')?((?:\.\/|\/|~\/|(?:path|git\+file):)[^\s"'\\)]*|\.(?=\\?["']))/.exec(
      argument,
    ) ?? []
  if (reference !== undefined) return tree.leads(reference, cwd) !== null
  return /^\\?["']\$\{workspaceFolder\}/.test(argument)
}
