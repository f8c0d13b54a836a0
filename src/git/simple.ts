import type { SimpleGit } from 'simple-git'
import { NixsecretError } from '../errors.ts'

/**
 * simple-git for the one-shot commands of setup: versions and configuration, whose output is text.
 * Never for paths or contents: it decodes them as UTF-8, and then looks at files that do not exist.
 * Loaded only by those who call this.
 * @param cwd where git runs
 */
export async function simpleGitIn(cwd: string): Promise<SimpleGit> {
  const { simpleGit } = await import('simple-git')
  return simpleGit({
    baseDir: cwd,
    // Its default waits 50 ms after each command.
    completion: { onClose: true, onExit: false },
    // What it would hide from git else: GIT_DIR, GIT_CONFIG_GLOBAL and all others that say which repository is meant.
    allowEnvironment: Object.keys(process.env).filter((name) => name.startsWith('GIT_')),
    // simple-git refuses keys that make git run programs. All that we set are constants of ours, never input.
    unsafe: {
      allowUnsafeFilter: true,
      allowUnsafeDiffTextConv: true,
      allowUnsafeMergeDriver: true,
      allowUnsafeHooksPath: true,
    },
  })
}

/** A version of git, as `[major, minor, patch]`. */
export type GitVersion = readonly [number, number, number]

/** @throws NixsecretError `git` where git cannot be run */
export async function gitVersion(cwd: string): Promise<GitVersion> {
  const found = await (await simpleGitIn(cwd)).version()
  if (!found.installed) {
    throw new NixsecretError('missing', 'git is not on PATH', { hints: ['nix profile install nixpkgs#git'] })
  }
  return [found.major, found.minor, Number.parseInt(String(found.patch), 10) || 0]
}

/** Whether a version is this one or newer. */
export function isAtLeast(version: GitVersion, major: number, minor: number): boolean {
  return version[0] > major || (version[0] === major && version[1] >= minor)
}
