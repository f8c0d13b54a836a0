import { displayText } from '../../../byte-path.ts'
import { type Repository, requireWorkTree } from '../../../git/repository.ts'
import type { RepositoryStatus } from '../../repository-status.ts'
import { type Diagnosis, fine, warning } from '../finding.ts'
import { editorUses, isEditorSettings } from './editors.ts'
import { envrcUses } from './envrc.ts'
import { machineUses, thisMachine } from './machine.ts'
import { nixFileUses } from './nix-files.ts'
import { mayHoldCommands, scriptUses } from './scripts.ts'
import { ThisTree } from './this-tree.ts'
import { filesToLookAt, smallText } from './tracked-files.ts'

// More would bury the rest.
const MOST_SHOWN = 20

/**
 * What has Nix evaluate the open work tree behind one's back, and what to write instead. It judges by what is written
 * out: better one that is missed than a false alarm that teaches people to look away.
 */
export async function checkOpenTree(repo: Repository, { files }: RepositoryStatus): Promise<Diagnosis[]> {
  if (!files.some(({ sealed, store }) => !sealed && store !== 'plaintext'))
    return [fine('open-tree', 'no secret lies open here, so Nix may be given this directory')]
  const top = requireWorkTree(repo)
  const tree = new ThisTree(top)
  const protectedPaths = new Set(files.map(({ path }) => path))
  const uses = machineUses(thisMachine(), tree)
  const paths = await filesToLookAt(
    top,
    (path) =>
      !protectedPaths.has(path) && (path.endsWith('.nix') || isEditorSettings(path) || mayHoldCommands(path)),
  )
  for (const path of paths) {
    const text = smallText(top, path)
    if (text === null) continue
    for (const find of [envrcUses, scriptUses, nixFileUses, editorUses]) uses.push(...find(path, text, tree))
  }
  if (uses.length === 0)
    return [fine('open-tree', 'nothing was found that gives Nix the open work tree by itself')]
  const shown = uses
    .slice(0, MOST_SHOWN)
    .map(({ where, what, instead }) => warning('open-tree', `${where} ${what}`, printable(instead)))
  const more = uses.length - shown.length
  return more > 0 ? [...shown, warning('open-tree', `and ${more} more of that kind`)] : shown
}

/** It has words of files that anybody may have written. */
function printable(command: string): string {
  return /[\p{C}\p{Zl}\p{Zp}]/u.test(command) ? displayText(command) : command
}
