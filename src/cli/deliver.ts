import { randomBytes } from 'node:crypto'
import { displayText } from '../byte-path.ts'
import { NixsecretError } from '../errors.ts'
import { LAYOUTS, type Layout } from '../policy/layout.ts'
import { Workspace } from '../secret/workspace.ts'
import { askOnTerminal } from './ask-on-terminal.ts'
import { chooseHosts } from './deliver/choose-hosts.ts'
import { deliverAll } from './deliver/deliver-all.ts'
import { HostLines } from './deliver/host-lines.ts'
import { hostsNotAccepted } from './deliver/not-accepted.ts'
import { printOutcome, printOutcomesAsJson, printSum } from './deliver/print-outcome.ts'
import { readContents } from './deliver/read-contents.ts'
import { parseOptions } from './parse-options.ts'

/** Hosts that are served at once. */
const JOBS = 8
const MOST_JOBS = 64

export const help = `usage: git nixsecret deliver [--dry-run] [--layout LAYOUT] [--jobs N] [--json] HOST… | --all

Puts secrets on hosts, over your own ssh: what [[host.NAME.key]] of nixsecret.toml names, with owner, group and mode.
Secrets are those that "show PATH" prints: of the work tree, decrypted if they are locked. Only what differs is sent;
what deliver once put on a host, and is no longer named, goes. A host gets everything or, if something fails, nothing.
A host needs a POSIX shell and coreutils, and root or a sudo that asks for no password. After a reboot, deliver again:
/run/keys is memory.

  --all            every host of nixsecret.toml
  --dry-run        only say what would change; asks each host, sends no secret
  --layout LAYOUT  instead of the host's own: keys (/run/keys), terraform-nixos (/var/keys, for the group keys) or
                   krops (/var/src/secrets, with folders); files of the other layout then go
  --jobs N         hosts at once, 1 to ${MOST_JOBS}; default ${JOBS}. ssh can ask you something only where one host is served at
                   a time
  --json           {"hosts": [{"host", "address", "state", "files": [{"path", "target", "change"}], "removed", "left",
                   "error", "hints"}], "dryRun"}

Exit code 1: some hosts failed; the others are done.

  git nixsecret deliver --dry-run web1
  git nixsecret deliver --all
`

const OPTIONS = {
  all: { type: 'boolean' },
  'dry-run': { type: 'boolean' },
  layout: { type: 'string' },
  jobs: { type: 'string' },
  json: { type: 'boolean' },
} as const

/** Runs `deliver`. */
export async function run(args: string[]): Promise<number> {
  const { values, positionals } = parseOptions('deliver', args, OPTIONS)
  const layout = values.layout === undefined ? null : layoutArgument(values.layout)
  const jobs = values.jobs === undefined ? JOBS : jobsArgument(values.jobs)
  const dryRun = values['dry-run'] ?? false
  const space = await Workspace.open(askOnTerminal)
  try {
    const policy = await space.policy()
    const hosts = chooseHosts(policy, { names: positionals, all: values.all ?? false, layout })
    const refused = await hostsNotAccepted(space, policy, hosts)
    const served = hosts.filter(({ host }) => !refused.has(host.name))
    const contents = await readContents(
      space,
      served.flatMap(({ targets }) => targets.map(({ path }) => path)),
    )
    // ssh asks on the terminal, where questions of several, and lines of ours, would get mixed up.
    const batch = !process.stderr.isTTY || Math.min(jobs, hosts.length) > 1
    const lines = new HostLines(batch && process.stderr.isTTY)
    const salt = randomBytes(32).toString('hex')
    const outcomes = await deliverAll(hosts, contents, {
      ...{ jobs, dryRun, batch, salt, lines, refused },
      onDone: (outcome) =>
        lines.above(() => printOutcome(outcome, { dryRun, json: values.json ?? false, batch })),
    })
    if (values.json) printOutcomesAsJson(outcomes, dryRun)
    printSum(outcomes, dryRun)
    return outcomes.every(({ failure }) => failure === null) ? 0 : 1
  } finally {
    space.close()
  }
}

function layoutArgument(text: string): Layout {
  if (LAYOUTS.includes(text as Layout)) return text as Layout
  throw new NixsecretError('usage', `there is no layout ${displayText(text)}; known: ${LAYOUTS.join(', ')}`)
}

function jobsArgument(text: string): number {
  const number = /^[0-9]{1,3}$/.test(text) ? Number(text) : 0
  if (number >= 1 && number <= MOST_JOBS) return number
  throw new NixsecretError('usage', `--jobs takes a number from 1 to ${MOST_JOBS}`)
}
