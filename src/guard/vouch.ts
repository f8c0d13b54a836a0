import type { Standing } from './standing.ts'

/**
 * What somebody does about a commit that changes who can read what: look at it, and sign it or know its signer.
 * @param standing null where the commit was judged by itself
 */
export function vouch(
  remedy: 'sign' | 'allow-signer' | 'review',
  commit: string | null,
  standing: Standing | null,
): string[] {
  if (commit === null) return []
  const short = commit.slice(0, 12)
  const look = `git show ${short} -- nixsecret.toml ':(glob)**/.gitattributes'`
  if (remedy === 'review') return [look]
  if (remedy === 'allow-signer')
    return [
      `git verify-commit -v ${short}`,
      '# if the key is that of somebody who may: put it into the allowed-signers file',
      '#   (git config gpg.ssh.allowedSignersFile), or import and trust it with gpg',
    ]
  if (standing === null || standing.pushed)
    return [
      look,
      '# others have it already, so it stays as it is; from here on, judge what comes after it:',
      `git nixsecret check --require-signed --range ${short}..HEAD`,
    ]
  if (standing.head === 'is') return ['git commit --amend --no-edit -S']
  const from = standing.root ? '--root' : `${short}^`
  return [
    '# look at it first; signs it and all that came after it:',
    `git rebase --rebase-merges --exec 'git commit --amend --no-edit --allow-empty -S' ${from}`,
  ]
}
