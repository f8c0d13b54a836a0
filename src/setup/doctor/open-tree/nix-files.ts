import { type BytePath, baseName, displayPath } from '../../../byte-path.ts'
import { sealedCommand } from './nix-command.ts'
import { shellCommands } from './shell-commands.ts'
import type { ThisTree } from './this-tree.ts'
import type { OpenUse } from './use.ts'

/**
 * Options of Nix files that name this work tree as a flake (`system.autoUpgrade.flake`, `programs.nh.flake`,
 * `NH_FLAKE`), and commands in their strings (aliases, scripts). A command counts where it names this tree by its path;
 * `.` and what is taken without a name may be any directory, except in devenv.nix, whose scripts run here.
 */
export function nixFileUses(path: BytePath, text: string, tree: ThisTree): OpenUse[] {
  if (!path.endsWith('.nix')) return []
  const cwd = baseName(path) === 'devenv.nix' ? path.slice(0, Math.max(0, path.lastIndexOf('/'))) : null
  const lines = text.split(/\r?\n/)
  return lines.flatMap((line, at) => {
    if (/^\s*#/.test(line)) return []
    const where = `${displayPath(path)}:${at + 1}`
    const option = optionUse(lines, at, tree)
    if (option !== null) return [{ where, ...option }]
    const command = line.replace(/^\s*[\w."'-]+\s*=\s*(?:''|")/, '').replace(/(?:''|"|'');?\s*$/, '')
    return shellCommands(command).flatMap((found) => {
      const instead = sealedCommand(found, tree, cwd)
      return instead === null ? [] : [{ where, what: 'gives Nix the open work tree', instead }]
    })
  })
}

function optionUse(lines: readonly string[], at: number, tree: ThisTree): Omit<OpenUse, 'where'> | null {
  const line = lines[at] ?? ''
  const [, name = '', value = ''] =
    /(?:^|[\s.{;"])(flake|(?:NH_(?:\w+_)?)?FLAKE)"?\s*=\s*"([^"\\]*)"/.exec(line) ?? []
  if (value === '' || tree.leads(value, null) === null) return null
  // The set that it stands in, where that was opened a few lines before.
  const around = lines.slice(Math.max(0, at - 8), at + 1).join('\n')
  if (name === 'flake' && /autoUpgrade/.test(around)) {
    const what = 'has system.autoUpgrade evaluate the open work tree'
    return {
      what,
      instead: `${line.trim().replace(value, 'git+ssh://HOST/REPOSITORY')}    # what a remote has is ciphertext`,
    }
  }
  if (name === 'flake' && !/\bnh\b/.test(around)) return null
  return {
    what: `has nh evaluate the open work tree (${name})`,
    instead: 'git nixsecret sealed nh os switch @sealed@    # and no default',
  }
}
