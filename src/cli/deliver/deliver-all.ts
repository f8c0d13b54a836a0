import type { BytePath } from '../../byte-path.ts'
import { type Delivery, deliverHost, type HostReport } from '../../deliver/deliver-host.ts'
import { runSome } from '../../deliver/run-some.ts'
import { NixsecretError } from '../../errors.ts'
import type { PolicyHost } from '../../policy/policy.ts'
import { printNote } from '../print.ts'
import type { ChosenHost } from './choose-hosts.ts'
import type { HostLines } from './host-lines.ts'
import type { Content } from './read-contents.ts'

/** How a host fared: it has a report, or a failure. */
export interface Outcome {
  readonly host: PolicyHost
  readonly report: HostReport | null
  readonly failure: NixsecretError | null
  /** What ssh said, escaped. */
  readonly said: readonly string[]
}

/** How it is all done. */
export interface DeliverAllOptions {
  readonly jobs: number
  readonly dryRun: boolean
  readonly batch: boolean
  readonly salt: string
  readonly lines: HostLines
  /** Hosts that must not be served, by name. */
  readonly refused: ReadonlyMap<string, NixsecretError>
  onDone(outcome: Outcome): void
}

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

/** Serves hosts, several at once; one that fails leaves the others. Dies of a signal once every ssh has ended. */
export async function deliverAll(
  hosts: readonly ChosenHost[],
  contents: ReadonlyMap<BytePath, Content>,
  options: DeliverAllOptions,
): Promise<Outcome[]> {
  const stop = new AbortController()
  let stoppedBy: NodeJS.Signals | null = null
  const onSignal = (signal: NodeJS.Signals) => {
    stoppedBy ??= signal
    stop.abort()
  }
  for (const signal of SIGNALS) process.on(signal, onSignal)
  const outcomes = new Map<ChosenHost, Outcome>()
  try {
    await runSome(hosts, options.jobs, async (chosen) => {
      const outcome = await deliverOne(chosen, contents, options, stop.signal)
      outcomes.set(chosen, outcome)
      options.lines.end(chosen.host.name)
      options.onDone(outcome)
    })
  } finally {
    options.lines.close()
    for (const signal of SIGNALS) process.removeListener(signal, onSignal)
    if (stoppedBy !== null) process.kill(process.pid, stoppedBy)
  }
  return hosts.map((chosen) => outcomes.get(chosen) as Outcome)
}

async function deliverOne(
  { host, targets }: ChosenHost,
  contents: ReadonlyMap<BytePath, Content>,
  { batch, dryRun, salt, lines, refused }: DeliverAllOptions,
  signal: AbortSignal,
): Promise<Outcome> {
  const said: string[] = []
  try {
    const refusal = refused.get(host.name)
    if (refusal !== undefined) throw refusal
    if (signal.aborted) throw new NixsecretError('io', 'it was not begun')
    const deliveries = targets.map((target): Delivery => {
      const content = contents.get(target.path) as Content
      if (content instanceof NixsecretError) throw content
      return { target, content }
    })
    const report = await deliverHost(host, deliveries, {
      ...{ batch, dryRun, salt, signal },
      onStep: (step) => lines.show(host.name, step),
      onSaid: (line) => {
        said.push(line)
        // It may be what somebody is to do now: touch a security key.
        if (!batch) printNote(`${host.name}: ${line}`)
      },
    })
    return { host, report, failure: null, said }
  } catch (failure) {
    if (!(failure instanceof NixsecretError)) throw failure
    return { host, report: null, failure, said }
  }
}
