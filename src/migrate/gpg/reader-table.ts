import { parse } from 'smol-toml'
import { displayText } from '../../byte-path.ts'
import { NixsecretError } from '../../errors.ts'
import { tomlString } from '../../policy/toml-string.ts'

/** Who takes the place of a GPG id: names, `@groups` or public keys; none: the id is dropped, and loses access. */
export type ReaderTable = ReadonlyMap<string, readonly string[]>

/** What stands where a name is still to be filled in. */
const BLANK = '?'
const SIZE_LIMIT = 1 << 20

/**
 * Reads a table of readers: TOML, `"GPG id" = "name"`, `"@group"`, a public key, a list of these, or `""` to drop the id.
 * @param file how messages name it, escaped
 * @throws NixsecretError `usage` where it is none, or not all filled in
 */
export function parseReaderTable(text: string, file: string): ReaderTable {
  if (text.length > SIZE_LIMIT)
    throw new NixsecretError('usage', `${file} is too large for a table of readers`)
  let data: Record<string, unknown>
  try {
    data = parse(text)
  } catch (fault) {
    const line = (fault as Error).message.split('\n')[0] ?? ''
    throw new NixsecretError('usage', `${file} is no TOML: ${displayText(line)}`)
  }
  const table = new Map<string, readonly string[]>()
  for (const [id, value] of Object.entries(data)) {
    const list = typeof value === 'string' ? (value.trim() === '' ? [] : [value]) : value
    if (!Array.isArray(list) || !list.every((item) => typeof item === 'string')) {
      throw new NixsecretError('usage', `${file}: ${displayText(id)} needs a name, a list of names, or ""`)
    }
    if (list.some((item) => item.trim() === BLANK)) {
      throw new NixsecretError('usage', `${file}: say who ${displayText(id)} is; "" leaves this reader out`)
    }
    table.set(
      normalId(id),
      list.map((item) => item.trim()),
    )
  }
  return table
}

/** What a table says of a GPG id, however a fingerprint is written; undefined: nothing. */
export function lookUpReader(table: ReaderTable, id: string): readonly string[] | undefined {
  return table.get(normalId(id))
}

/** A table to fill in, for {@link parseReaderTable}. */
export function readerTableForm(
  ids: readonly { readonly id: string; readonly userId: string | null }[],
): string {
  const lines = ids.map(({ id, userId }) => {
    const comment = userId === null ? '' : `    # ${displayText(userId)}`
    return `${plainToml(id)} = ${tomlString(BLANK)}${comment}\n`
  })
  return `# Who each GPG id is in nixsecret.toml: a name, "@group", a public key, a list of these; "" leaves a reader out.\n${lines.join('')}`
}

/** What steers a terminal is escaped, too: the table is printed. */
function plainToml(text: string): string {
  return tomlString(text).replace(
    /[\p{C}\p{Zl}\p{Zp}]/gu,
    (char) => `\\U${(char.codePointAt(0) as number).toString(16).padStart(8, '0')}`,
  )
}

function normalId(id: string): string {
  const hex = id.trim().replace(/^0x/i, '').replace(/\s+/g, '')
  return /^[0-9a-f]{8,40}$/i.test(hex) ? hex.toUpperCase() : id.trim()
}
