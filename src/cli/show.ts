import type { BytePath } from '../byte-path.ts'
import { displayText } from '../byte-path.ts'
import { NixsecretError } from '../errors.ts'
import { filePathArgument } from '../secret/path-argument.ts'
import { readSecret } from '../secret/read-secret.ts'
import type { Pieces } from '../secret/secret-stream.ts'
import { Workspace } from '../secret/workspace.ts'
import { askOnTerminal } from './ask-on-terminal.ts'
import { closest } from './closest.ts'
import { parseOptions } from './parse-options.ts'
import { writeStdout } from './secret/write-stdout.ts'
import { nixFormat } from './show/nix-format.ts'
import { terraformExternal } from './show/terraform-external.ts'

export const help = `usage: git nixsecret show [--rev REV] [--format FORMAT] PATH

Prints a secret, byte for byte: the file in the work tree, decrypted if it is locked; where there is none, the one
in the index. Nothing is written to disk.

  --rev REV         as it was in that commit, branch, tag or stash
  --format FORMAT   raw (the default), or
      nix                  a Nix string, for builtins.exec and nix-plugins. Nix puts it into the world-readable
                           store, so there is a warning unless nixsecret.toml says store = "plaintext" for PATH
      terraform-external   for Terraform's external data source: JSON on standard input and output. The query names
                           the secrets: {"db": "secrets/db"}; with {} it is PATH, and the result's name is "content"
  --allowed-only    with nix: an error instead of the warning
  --base64          with terraform-external: contents in base64, for those that are no text

  git nixsecret show secrets/db.env
  git nixsecret show --rev HEAD~3 secrets/db.env | diff - secrets/db.env
  git nixsecret show --format nix secrets/db
  echo '{"db": "secrets/db"}' | git nixsecret show --format terraform-external
`

const FORMATS = ['raw', 'nix', 'terraform-external'] as const
type Format = (typeof FORMATS)[number]

const OPTIONS = {
  rev: { type: 'string' },
  format: { type: 'string' },
  'allowed-only': { type: 'boolean' },
  base64: { type: 'boolean' },
} as const

/** Runs `show`. */
export async function run(args: string[]): Promise<number> {
  const { values, positionals } = parseOptions('show', args, OPTIONS)
  const format = formatNamed(values.format ?? 'raw')
  refuseStray('allowed-only', values['allowed-only'], format === 'nix', 'nix')
  refuseStray('base64', values.base64, format === 'terraform-external', 'terraform-external')
  const [name, ...more] = positionals
  if (more.length > 0 || (name === undefined && format !== 'terraform-external')) {
    throw new NixsecretError('usage', 'show prints one PATH', { hints: ['git nixsecret show PATH'] })
  }
  const space = await Workspace.open(askOnTerminal)
  try {
    const path = name === undefined ? null : filePathArgument(space, name)
    const { rev = null, 'allowed-only': allowedOnly = false, base64 = false } = values
    await writeStdout(await shown(space, path, format, { rev, allowedOnly, base64 }))
    return 0
  } finally {
    space.close()
  }
}

async function shown(
  space: Workspace,
  path: BytePath | null,
  format: Format,
  options: { rev: string | null; allowedOnly: boolean; base64: boolean },
): Promise<Pieces> {
  if (format === 'terraform-external') {
    if (process.stdin.isTTY)
      throw new NixsecretError('usage', 'the query of terraform-external comes on standard input', {
        hints: [`echo '{"db": "secrets/db"}' | git nixsecret show --format terraform-external`],
      })
    return [await terraformExternal(space, process.stdin, { ...options, path })]
  }
  if (format === 'nix') return [await nixFormat(space, path as BytePath, options)]
  return readSecret(space, path as BytePath, options.rev)
}

function formatNamed(text: string): Format {
  const known = FORMATS.find((format) => format === text)
  if (known !== undefined) return known
  const near = closest(text, FORMATS)
  const guess = near === null ? `; there are ${FORMATS.join(', ')}` : `; did you mean ${near}?`
  throw new NixsecretError('usage', `show has no format ${displayText(text)}${guess}`, {
    hints: ['git-nixsecret show --help'],
  })
}

function refuseStray(option: string, given: boolean | undefined, fits: boolean, format: Format): void {
  if (!given || fits) return
  throw new NixsecretError('usage', `--${option} goes with --format ${format}`, {
    hints: ['git-nixsecret show --help'],
  })
}
