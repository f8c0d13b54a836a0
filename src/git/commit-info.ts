import type { CatFile } from './cat-file.ts'

/** What a commit says of itself. Untrusted. */
export interface CommitInfo {
  readonly oid: string
  readonly parents: readonly string[]
  /** Name of the author, as bytes; often UTF-8. */
  readonly author: Buffer
  /** When it was committed, in seconds since 1970, as whoever made it said. */
  readonly time: number
}

/**
 * Reads a commit (https://git-scm.com/docs/git-commit-tree#_commit_information).
 * @returns null where it is not here
 */
export async function commitInfo(catFile: CatFile, oid: string): Promise<CommitInfo | null> {
  const commit = await catFile.getUpTo(oid, 1 << 20)
  if (commit?.type !== 'commit') return null
  const text = commit.content.toString('latin1')
  const header = text.includes('\n\n') ? text.slice(0, text.indexOf('\n\n') + 1) : text
  const parents = [...header.matchAll(/^parent ([0-9a-f]{40,64})$/gm)].map(([, parent]) => parent as string)
  const author = /^author (.*?) ?<[^\n]*$/m.exec(header)?.[1] ?? ''
  const time = Number(/^committer [^\n]*> (-?\d{1,15})/m.exec(header)?.[1] ?? Number.NaN)
  return { oid, parents, author: Buffer.from(author, 'latin1'), time }
}
