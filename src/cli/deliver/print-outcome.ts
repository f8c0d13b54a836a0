import { displayPath } from '../../byte-path.ts'
import type { DeliveredFile, HostReport } from '../../deliver/deliver-host.ts'
import type { HostAddress } from '../../policy/host-address.ts'
import { targetPath } from '../../policy/host-targets.ts'
import type { PolicyHost } from '../../policy/policy.ts'
import { paintFor, print, printError, printHint, printNote } from '../print.ts'
import { jsonPath } from '../secret/json-path.ts'
import type { Outcome } from './deliver-all.ts'

/** How outcomes are told. */
export interface Telling {
  readonly dryRun: boolean
  readonly json: boolean
  /** Whether what ssh said was kept back so far. */
  readonly batch: boolean
}

/** Says how a host fared, once it is done: what was done on stdout, what failed on stderr. */
export function printOutcome(
  { host, report, failure, said }: Outcome,
  { dryRun, json, batch }: Telling,
): void {
  if (failure !== null) {
    printError(`${host.name}: ${failure.message}`)
    // A single line is in the message.
    if (batch && said.length > 1) for (const line of said) printNote(`${host.name}: ${line}`)
    for (const hint of failure.hints) printHint(hint)
  }
  if (report !== null && !json) printReport(host, report, dryRun)
}

function printReport(
  { name, address }: PolicyHost,
  { files, removed, left }: HostReport,
  dryRun: boolean,
): void {
  const changing = files.filter(({ change }) => change !== 'same')
  const same = files.length - changing.length
  const would = dryRun ? 'would be ' : ''
  const counts = [
    ...(changing.length > 0 ? [`${changing.length} ${would}written`] : []),
    ...(removed.length > 0 ? [`${removed.length} ${would}removed`] : []),
    `${same} unchanged`,
  ]
  // Where it went, as the policy may have been changed by others.
  const where = written(address) === name ? '' : ` (${written(address)})`
  print(`${paintFor(process.stdout)('bold', name)}${where}: ${counts.join(', ')}`)
  for (const { target, change } of changing) {
    const how =
      change === 'owner' ? `now ${target.user}:${target.group} 0${target.mode}` : displayPath(target.path)
    print(`  ${change === 'new' ? '+' : '~'} ${targetPath(target)}  (${how})`)
  }
  for (const path of removed) print(`  - ${path}`)
  for (const path of left) print(`  ? ${path}  (no longer named, but others have written it since: left)`)
}

/** The last word, on stderr. */
export function printSum(outcomes: readonly Outcome[], dryRun: boolean): void {
  const failed = outcomes.filter(({ failure }) => failure !== null).map(({ host }) => host.name)
  const done = outcomes.length - failed.length
  const hosts = (count: number) => (count === 1 ? '1 host' : `${count} hosts`)
  if (failed.length > 0) {
    const rest = failed.length > 20 ? ` and ${failed.length - 20} more` : ''
    printNote(
      `${hosts(failed.length)} of ${outcomes.length} failed: ${failed.slice(0, 20).join(', ')}${rest}`,
    )
    return
  }
  printNote(dryRun ? `${hosts(done)} looked at, nothing sent` : `${hosts(done)} done`)
}

/** The same for machines. */
export function printOutcomesAsJson(outcomes: readonly Outcome[], dryRun: boolean): void {
  const hosts = outcomes.map(({ host, report, failure }) => ({
    host: host.name,
    address: written(host.address),
    state: failure === null ? 'done' : 'failed',
    files: report?.files.map(jsonFile) ?? [],
    removed: report?.removed ?? [],
    left: report?.left ?? [],
    error: failure?.message ?? null,
    hints: failure?.hints ?? [],
  }))
  print(JSON.stringify({ hosts, dryRun }, null, 2))
}

function jsonFile({ target, change }: DeliveredFile) {
  return { path: jsonPath(target.path), target: targetPath(target), change }
}

function written({ user, host, port }: HostAddress): string {
  const at = user === null ? '' : `${user}@`
  return `${at}${host.includes(':') ? `[${host}]` : host}${port === null ? '' : `:${port}`}`
}
