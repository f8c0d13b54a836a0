import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { encValue, MADE } from './made-secrets.ts'

const DIR = fileURLToPath(new URL('fixtures', import.meta.url))

export interface Fixture {
  readonly name: string
  readonly content: Buffer
  /** What must be found, as `line what`, in order. */
  readonly expected: readonly string[]
}

/**
 * Fixtures of a rule whose names begin with `ok.` or `ng.`. In them `@NAME@` stands for a secret that is made here, so
 * that none lies in the repository: with more lines, as far in as the place holder, `!` with escaped line ends,
 * `!!` with escapes escaped. `@ENC@` is a value of SOPS, `@CUT@` a damaged one.
 */
export function fixtures(rule: string, kind: 'ok' | 'ng'): Fixture[] {
  const names = readdirSync(`${DIR}/${rule}`).filter((name) => name.startsWith(`${kind}.`))
  if (names.length === 0) throw new Error(`no fixtures ${kind} of ${rule}`)
  return names.map((name) => made(name, readFileSync(`${DIR}/${rule}/${name}`, 'utf8')))
}

function made(name: string, template: string): Fixture {
  const expected: string[] = []
  let lines = 1
  let text = ''
  let counter = 0
  for (const part of template.split(/(@[A-Z0-9_]+!{0,2}@)/)) {
    const match = /^@([A-Z0-9_]+)(!{0,2})@$/.exec(part)
    let value = part
    if (match?.[1] === 'ENC') value = encValue(`${name} ${counter++}`)
    else if (match?.[1] === 'CUT') value = encValue('cut').replace(/.,tag:/, ',tag:')
    else if (match !== null && MADE[match[1] as string] !== undefined) {
      const { value: secret, what } = MADE[match[1] as string] as (typeof MADE)[string]
      if (what !== null) expected.push(`${lines} ${what}`)
      const before = /[^\n]*$/.exec(text)?.[0] ?? ''
      const between =
        match[2] === '!!' ? '\\\\n' : match[2] === '!' ? '\\n' : `\n${/^[\s#]*/.exec(before)?.[0]}`
      value = secret.replaceAll('\n', between)
    }
    text += value
    lines += value.split('\n').length - 1
  }
  return { name, content: Buffer.from(text), expected }
}
