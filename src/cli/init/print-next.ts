import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { shellWord } from '../../age/shell-word.ts'
import { type BytePath, displayPath, displayText } from '../../byte-path.ts'
import { type Repository, requireWorkTree } from '../../git/repository.ts'
import { type InitReport, isTop } from '../../setup/init-repository.ts'
import { printHint, printNote } from '../print.ts'

/** What to commit, in one recipe for everything that was found. */
export function printNext(
  repo: Repository,
  { report, renormalize, toSeal }: { report: InitReport; renormalize: boolean; toSeal: readonly BytePath[] },
): void {
  const top = requireWorkTree(repo)
  // An earlier init may have written them, and nobody has added them since.
  const changed = ['nixsecret.toml', '.gitattributes'].filter((file) => existsSync(join(top, file)))
  const steps = [
    ...(isTop(top) ? [] : [`cd ${shellWord(displayText(top))}`]),
    ...(changed.length === 0 ? [] : [`git add ${changed.join(' ')}`]),
    ...(renormalize ? ['git add --renormalize .'] : []),
    ...(toSeal.length === 0 ? [] : [`git nixsecret lock ${wordsOf(toSeal)}`]),
    'git commit -m "Encrypt secrets"',
  ]
  const sealed = report.attributes.some((line) => line.includes('filter=nixsecret-sealed'))
  if (report.policy !== null && !renormalize)
    printNote(
      `next: commit these two files, then add secrets with ${sealed ? '"git nixsecret edit"' : 'plain git'}`,
    )
  printHint(steps.join(' && '))
}

function wordsOf(paths: readonly BytePath[]): string {
  const words = paths.slice(0, 8).map((path) => shellWord(displayPath(path)))
  return [...words, ...(paths.length > 8 ? ['…'] : [])].join(' ')
}
