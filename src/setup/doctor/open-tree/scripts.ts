import { type BytePath, baseName, displayPath } from '../../../byte-path.ts'
import { commandLines, type Kind } from './command-lines.ts'
import { sealedCommand } from './nix-command.ts'
import { shellCommands } from './shell-commands.ts'
import type { ThisTree } from './this-tree.ts'
import type { OpenUse } from './use.ts'

const CI =
  /^(?:\.(?:github|forgejo|gitea)\/workflows\/.*\.ya?ml|\.gitlab-ci\.ya?ml|\.woodpecker(?:\/.*)?\.ya?ml|\.woodpecker\/.*\.ya?ml|\.drone\.ya?ml|\.builds\/.*\.ya?ml|\.build\.ya?ml|\.circleci\/config\.yml)$/

const KINDS: readonly (readonly [RegExp, Kind])[] = [
  [/(?:^|\/)(?:GNUmakefile|[Mm]akefile|[^/]+\.mk)$/, 'make'],
  [/(?:^|\/)(?:\.?justfile|Justfile|[^/]+\.just)$/, 'just'],
  [/(?:^|\/)package\.json$/, 'package.json'],
  [
    /(?:^|\/)(?:[Tt]askfile(?:\.dist)?\.ya?ml|\.?lefthook(?:-local)?\.ya?ml|\.pre-commit-config\.ya?ml)$/,
    'yaml',
  ],
  [CI, 'yaml'],
  [/(?:^|\/)(?:\.envrc|[^/]+\.(?:sh|bash|zsh))$/, 'shell'],
]

/** Whether a file may hold commands; one without an extension is looked at for the line `#!`. */
export function mayHoldCommands(path: BytePath): boolean {
  return KINDS.some(([name]) => name.test(path)) || !/\./.test(baseName(path))
}

/**
 * Commands in scripts, makefiles and the like, and in CI, that give Nix the open work tree.
 * CI counts only where its file opens secrets: a clone without a key holds ciphertext, which is what Nix may copy.
 */
export function scriptUses(path: BytePath, text: string, tree: ThisTree): OpenUse[] {
  const kind = KINDS.find(([name]) => name.test(path))?.[1] ?? (isScript(text) ? 'shell' : null)
  if (kind === null || (CI.test(path) && !opensSecrets(text))) return []
  return commandLines(kind, text).flatMap(({ line, text: commands }) =>
    shellCommands(commands).flatMap((command) => {
      const instead = sealedCommand(command, tree, '')
      if (instead === null) return []
      return [{ where: `${displayPath(path)}:${line}`, what: 'gives Nix the open work tree', instead }]
    }),
  )
}

function isScript(text: string): boolean {
  return /^#!.*\b(?:sh|bash|zsh|dash|ksh|nix-shell)\b/.test(text)
}

function opensSecrets(text: string): boolean {
  return /NIXSECRET_IDENTITY|nixsecret(?:\.identity|\s+(?:init|unlock))/.test(text)
}
