import { withPresent } from '../blob/trust/present.ts'
import { NixsecretError } from '../errors.ts'
import { openRepository, type Repository } from '../git/repository.ts'
import { askLine } from '../host/ask-line.ts'
import { acceptReviewed, type Review, review } from '../trust/review.ts'
import { parseOptions, refuseOperands } from './parse-options.ts'
import { paintFor, print, printHint, printNote, printWarning } from './print.ts'
import { sayAcceptedSigned } from './trust/accepted-signed.ts'
import { describeGains, describeLosses } from './trust/describe-changes.ts'
import { renderJson } from './trust/render-json.ts'
import { totalOfChanges } from './trust/total-of-changes.ts'

export const help = `usage: git nixsecret trust [--show | --yes] [--json]

Shows how nixsecret.toml, .gitattributes and the secrets here differ from what you have accepted: who could read more,
with the fingerprint of their key, which files, and the commit, author and signature of the change. Then it asks whether
you accept all of it. Until you do, changed secrets are encrypted for the readers that you have accepted, and for nobody
else; rekey, import, deliver and sealed refuse what the difference touches; commits stop.

  --show   only show, and all of it; the question comes after the first 20 changes of each kind, and their number
  --yes    do not ask: for scripts that know what they accept
  --json   { "version": 1, "accepted", "first", "problem", "gains": [ … ], "losses": [ … ] }, asking nothing; docs/trust.md
           says what is in it

A reader who was removed, or who loses files, needs no word of yours. With "git config nixsecret.trust signed" changes are
accepted without a question where every commit that made them is signed by an allowed signer.
Compare fingerprints with the newcomer by another way than this repository: ssh-keygen -lf KEY.pub; an age key itself.
Exit code: 0 everything is accepted, 1 something is not.
`

/** Runs `trust`. */
export async function run(args: string[]): Promise<number> {
  const options = { show: { type: 'boolean' }, yes: { type: 'boolean' }, json: { type: 'boolean' } } as const
  const { values, positionals } = parseOptions('trust', args, options)
  refuseOperands('trust', positionals)
  const { show = false, yes = false, json = false } = values
  if (show && yes) throw usage('--show and --yes contradict each other: write one of them')
  const repo = await openRepository()
  if (!show) await withPresent(repo, sayAcceptedSigned)
  const found = await review(repo)
  if (found.gains.length === 0 && !found.first) return nothing(found, json)
  if (!json) present(found, show)
  const accepted = !show && (yes || (!json && ask(found)))
  if (accepted) await acceptReviewed(repo, found)
  if (json) print(renderJson(found, accepted))
  else if (accepted) sayNext(repo, found)
  else if (show) printHint('git nixsecret trust')
  return accepted ? 0 : 1
}

function nothing(found: Review, json: boolean): number {
  if (json) print(renderJson(found, true))
  else {
    const shown = { paint: paintFor(process.stdout), full: true }
    for (const line of describeLosses(found.losses, [], shown)) print(line)
    printNote('everything is accepted: nobody can read more than you have agreed to')
  }
  return 0
}

function present(found: Review, full: boolean): void {
  if (found.problem !== null) printWarning(found.problem)
  const paint = paintFor(process.stdout)
  if (found.first) {
    print('You have accepted nothing in this clone yet. This is who can read what, as the start:')
    print('')
  }
  for (const line of describeGains(found.gains, { ...found, paint, full })) print(line)
  const losses = describeLosses(found.losses, found.gains, { paint, full })
  if (losses.length > 0) print('')
  for (const line of losses) print(line)
  print('')
  print(paint('bold', `In all: ${totalOfChanges(found.gains, found.first)}.`))
}

function ask({ first }: Review): boolean {
  printNote(
    first
      ? 'accept it if these are the people and hosts who are to read your secrets'
      : 'accept it if you expected it, and the fingerprints are what the newcomers tell you by another way',
  )
  const answer = askLine('Accept all of this? [y/N] ')
  if (answer === null) {
    printNote(
      'nobody can be asked here, so nothing was accepted; in a terminal, or once you have read the above:',
    )
    printHint('git nixsecret trust --yes')
    return false
  }
  if (/^y(es)?$/i.test(answer.trim())) return true
  printNote('nothing was accepted; changed secrets stay for the readers that you have accepted')
  printHint("git log -p -- nixsecret.toml ':(glob)**/.gitattributes'    # the changes themselves, to revert")
  return false
}

function sayNext(_repo: Repository, { gains }: Review): void {
  printNote('accepted: from now on, what is changed here is encrypted for them as well')
  if (gains.some(({ kind }) => kind === 'reader' || kind === 'moved'))
    printHint('git nixsecret rekey --dry-run    # what is encrypted for other readers still')
}

function usage(message: string): NixsecretError {
  return new NixsecretError('usage', message, { hints: ['git nixsecret trust --help'] })
}
