import { basename } from 'node:path'
import { pending } from '../blob/trust/pending.ts'
import { sayPending } from '../blob/trust/say-pending.ts'
import { NixsecretError } from '../errors.ts'
import type { Repository } from '../git/repository.ts'
import { readMatrix } from '../secret/access/read-matrix.ts'
import { pathArgument } from '../secret/path-argument.ts'
import { Workspace } from '../secret/workspace.ts'
import { type AccessView, viewOf } from './access/view.ts'
import { parseOptions } from './parse-options.ts'
import { paintFor, printHint, printNote } from './print.ts'
import { safeJson } from './safe-json.ts'
import { writeStdout } from './secret/write-stdout.ts'

export const help = `usage: git nixsecret access [--recipient NAME]… [--rev REV] [--since REV] [--format FORMAT] [PATH…]

Who can read what: readers and secrets as a matrix, by the policy, and how the blobs in git stand to it. Needs no key.

  --recipient NAME  only what NAME can read or could; @GROUP for the members of a group; may be repeated
  --rev REV         by policy, attributes and blobs of that commit; default: of the index, and the policy that holds
  --since REV       what changed since that commit: who gained and lost what, which secrets came, went, moved
  --format table    for terminals; a list where a table would be too wide (default)
           json     for machines; docs/access.md says what is in it
           html     one page without anything from the network: search, filters, for the screen and for paper
           svg      a picture, for a wiki or a README

  git nixsecret access
  git nixsecret access --since v1.0 secrets/web
  git nixsecret access --format html > access.html

Exit: 0; 2 for a fault.
`

type Renderer = (view: AccessView, repository: string) => Promise<string>

const FORMATS: Readonly<Record<string, Renderer>> = {
  table: async (view) => {
    const { renderAccessTable } = await import('./access/render-table.ts')
    return `${renderAccessTable(view, screen()).join('\n')}\n`
  },
  html: async (view, name) => (await import('./access/render-html.ts')).renderAccessHtml(view, name),
  svg: async (view, name) => (await import('./access/render-svg.ts')).renderAccessSvg(view, name),
  json: async (view) => `${safeJson((await import('./access/render-json.ts')).renderAccessJson(view))}\n`,
}

/** Formats that are files: nobody reads them in a terminal. */
const FILES: Readonly<Record<string, string>> = { html: 'a page', svg: 'a picture' }

/** Runs `access`. */
export async function run(args: string[]): Promise<number> {
  const { values, positionals } = parseOptions('access', args, {
    recipient: { type: 'string', multiple: true },
    rev: { type: 'string' },
    since: { type: 'string' },
    format: { type: 'string' },
    json: { type: 'boolean' },
  })
  const { recipient = [], rev = null, since = null } = values
  const format = values.format ?? (values.json ? 'json' : 'table')
  if (!Object.hasOwn(FORMATS, format)) throw usage(`--format is one of: ${Object.keys(FORMATS).join(', ')}`)
  if (process.stdout.isTTY && Object.hasOwn(FILES, format)) throw notForTerminals(format)
  const space = await Workspace.open(null)
  try {
    const scopes = positionals.map((text) => pathArgument(space, text))
    const view = viewOf(await readMatrix(space, { scopes, rev, since }), recipient)
    const text = await (FORMATS[format] as Renderer)(
      view,
      basename(space.repo.workTree ?? space.repo.commonDir),
    )
    await writeStdout([Buffer.from(text, 'utf8')])
    if (format === 'table') await hints(view, space.repo)
    return 0
  } finally {
    space.close()
  }
}

async function hints({ rows, matrix }: AccessView, repo: Repository): Promise<void> {
  if (matrix.at.kind === 'commit') return
  const has = (state: string) => rows.some((row) => row.state === state)
  if (has('stale') || has('other-format')) await hintAtRekey(repo)
  if (has('plaintext')) printHint('git nixsecret status    # says how to encrypt what is plaintext in git')
}

/** What is not accepted, rekey would refuse: the table shows what the policy says, whoever wrote it. */
async function hintAtRekey(repo: Repository): Promise<void> {
  const text = sayPending(await pending(repo))
  if (text === null) return printHint('git nixsecret rekey')
  printNote(text)
  printHint('git nixsecret trust')
}

function screen() {
  const { isTTY, columns } = process.stdout
  const locale = process.env.LC_ALL || process.env.LC_CTYPE || process.env.LANG || ''
  return {
    width: isTTY ? (columns ?? 80) : null,
    unicode: isTTY === true && /utf-?8/i.test(locale),
    rows: isTTY ? 200 : Number.POSITIVE_INFINITY,
    paint: paintFor(process.stdout),
  }
}

function notForTerminals(format: string): NixsecretError {
  return new NixsecretError('usage', `${format} is ${FILES[format]}, and nothing to read in a terminal`, {
    hints: [`git nixsecret access --format ${format} > access.${format}`],
  })
}

function usage(message: string): NixsecretError {
  return new NixsecretError('usage', message, { hints: ['git nixsecret access --help'] })
}
