import type { BytePath } from '../byte-path.ts'
import type { Entry } from './entry.ts'
import { gitPath, shellPath } from './shell-path.ts'

// A comment: whoever pastes all of it is to get one of the two.
const BUILD_SEALED = [
  "# or leave it open, and have Nix build from ciphertext: git nixsecret sealed nix build '@sealed@#NAME'",
]

/**
 * Makes a protected file that lies open ciphertext in the work tree too. Git must have it first, or it would be lost.
 * @param configured whether git knows the filter here
 * @param sealed whether it is not to lie open at all; else builds from ciphertext do as well
 */
export function mendOpenFile(
  path: BytePath,
  lies: Entry['lies'],
  { configured, sealed }: { readonly configured: boolean; readonly sealed: boolean },
): string[] {
  if (lies === 'ignored')
    return [
      '# git ignores it, so nothing encrypts it: move it out of this directory; if it is only a copy:',
      `rm -- ${shellPath(path)}`,
    ]
  return [
    ...(configured ? [] : ['git nixsecret init']),
    ...(lies === 'untracked' ? [`git add -- ${gitPath(path)}`] : []),
    `git nixsecret lock -- ${shellPath(path)}`,
    ...(sealed ? [] : BUILD_SEALED),
  ]
}

const MOVE =
  '# git does not track it: move it out of this directory, which Nix copies as a whole where it is given as path:'

/** The commands for a file that git may not track: it cannot be taken out of git then, nor added once more. */
export function mendUntracked(lies: Entry['lies'], commands: readonly string[]): readonly string[] {
  if (lies === 'ignored') return [MOVE]
  if (lies !== 'untracked') return commands
  const rest = commands.filter((line) => !line.startsWith('git rm --cached '))
  const first = rest.length < commands.length ? [MOVE] : []
  return [...first, ...rest.map((line) => line.replace(/^git add --renormalize /, 'git add '))]
}
