import { isUtf8 } from 'node:buffer'
import { type BytePath, displayPath, displayText } from '../../byte-path.ts'
import { NixsecretError } from '../../errors.ts'
import { filePathArgument } from '../../secret/path-argument.ts'
import { WHOLE_LIMIT } from '../../secret/secret-stream.ts'
import { wholeSecret } from '../../secret/whole-secret.ts'
import type { Workspace } from '../../secret/workspace.ts'

const MAX_QUERY = 1 << 20
const EXAMPLE = `echo '{"db": "secrets/db"}' | git nixsecret show --format terraform-external`

/** What `--format terraform-external` is to do. */
interface TerraformOptions {
  readonly rev: string | null
  /** Whether contents are given in base64 (RFC 4648 §4, padded). */
  readonly base64: boolean
  /** The one secret that the command line names: the result is `content`. Null: the query names them. */
  readonly path: BytePath | null
}

/**
 * One exchange of Terraform's external data source
 * (https://registry.terraform.io/providers/hashicorp/external/latest/docs/data-sources/external): the query, a JSON
 * object of names and paths, comes in; a JSON object of the same names and the secrets' contents goes out.
 * @param input at most 1 MiB
 * @returns one line; nothing is to be printed where this throws
 * @throws NixsecretError `usage` for a query that is none; `refused` for a content that Terraform would change;
 *   as `wholeSecret`
 */
export async function terraformExternal(
  space: Workspace,
  input: AsyncIterable<Buffer>,
  { rev, base64, path }: TerraformOptions,
): Promise<Buffer> {
  const asked = Object.entries(await readQuery(input)).map(([name, text]) => ({
    name,
    path: filePathArgument(space, text),
  }))
  if (path !== null && asked.length > 0)
    throw usage('a query and a PATH both name secrets: give one of them, and {} or no PATH for the other')
  if (path !== null) asked.push({ name: 'content', path })
  if (asked.length === 0) throw usage('the query names no secret')
  const result: [string, string][] = []
  let size = 0
  for (const { name, path: from } of asked) {
    const plaintext = await wholeSecret(space, from, rev)
    size += plaintext.length
    if (size > WHOLE_LIMIT)
      throw new NixsecretError('refused', `the secrets are larger than ${WHOLE_LIMIT >> 20} MiB together`)
    result.push([name, base64 ? plaintext.toString('base64') : asText(from, plaintext)])
  }
  return Buffer.from(`${JSON.stringify(Object.fromEntries(result))}\n`)
}

/** What Terraform hands on without a change: strings there are Unicode in Normalization Form C. */
function asText(path: BytePath, plaintext: Buffer): string {
  const text = isUtf8(plaintext) ? plaintext.toString('utf8') : null
  if (text !== null && text.normalize('NFC') === text) return text
  const why = text === null ? 'is not UTF-8' : 'has characters that Terraform would compose'
  throw new NixsecretError('refused', `${displayPath(path)} ${why}: as text it would come out changed`, {
    hints: ['git nixsecret show --format terraform-external --base64'],
  })
}

async function readQuery(input: AsyncIterable<Buffer>): Promise<Readonly<Record<string, string>>> {
  const pieces: Buffer[] = []
  let size = 0
  for await (const piece of input) {
    size += piece.length
    if (size > MAX_QUERY) throw usage('the query is larger than 1 MiB')
    pieces.push(piece)
  }
  const query = parse(Buffer.concat(pieces))
  if (typeof query !== 'object' || query === null || Array.isArray(query))
    throw usage('standard input is no JSON object of names and paths')
  for (const [name, path] of Object.entries(query))
    if (typeof path !== 'string') throw usage(`what the query has for ${displayText(name)} is no path`)
  return query as Record<string, string>
}

function parse(bytes: Buffer): unknown {
  try {
    return isUtf8(bytes) ? JSON.parse(bytes.toString('utf8')) : null
  } catch {
    return null
  }
}

function usage(message: string): NixsecretError {
  return new NixsecretError('usage', message, { hints: [EXAMPLE] })
}
