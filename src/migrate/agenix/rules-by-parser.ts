import { lstatSync, readFileSync, realpathSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { displayText } from '../../byte-path.ts'
import { NixsecretError } from '../../errors.ts'
import { Evaluator } from '../../nix/data/evaluate.ts'
import type { PlainValue } from '../../nix/data/plain-value.ts'
import { MAX_NIX_SIZE } from '../../nix/parse-nix.ts'
import { type AgenixNames, type AgenixRule, MOST_KEYS, MOST_RULES } from './agenix-rules.ts'
import { NameCollector } from './name-collector.ts'

/** What our own parser finds in `secrets.nix`. */
export interface ParsedRules {
  readonly rules: readonly AgenixRule[]
  readonly names: AgenixNames
}

/**
 * Reads `secrets.nix` without Nix, as far as it, and what it imports of this repository, is plain data.
 * @param file absolute
 * @param top files outside of it are not read
 * @throws NixsecretError `format` for what is more than data, with its line
 */
export function rulesByParser(file: string, top: string): ParsedRules {
  const names = new NameCollector()
  const root = realpathSync(top)
  const evaluator = new Evaluator({
    read: (path) => readInside(path, root),
    resolve: (literal, from) => (/^\.{1,2}\//.test(literal) ? resolve(dirname(from), literal) : null),
    named: (trail, value) => names.note(trail, value),
  })
  const value = evaluator.file(file)
  if (value.kind !== 'attrs') throw fault(file, 'is no set of files with their publicKeys')
  if (value.attrs.size > MOST_RULES) throw fault(file, `names more than ${MOST_RULES} files`)
  const rules = [...value.attrs].map(([name, rule]) => ruleOf(file, name, rule.force()))
  // As Nix orders them, so that both give the same.
  rules.sort((a, b) => Buffer.compare(Buffer.from(a.file), Buffer.from(b.file)))
  return { rules, names: names.result() }
}

function ruleOf(file: string, name: string, rule: PlainValue): AgenixRule {
  const keys = rule.kind === 'attrs' ? rule.attrs.get('publicKeys')?.force() : undefined
  const armor = rule.kind === 'attrs' ? rule.attrs.get('armor')?.force() : undefined
  const texts = keys?.kind === 'list' ? keys.items.map((item) => item.force()) : [null]
  if (texts.length > MOST_KEYS || !texts.every((key) => key?.kind === 'string'))
    throw fault(file, `${displayText(name)} has no list of publicKeys`)
  const publicKeys = texts.map((key) => (key as Extract<PlainValue, { kind: 'string' }>).text)
  return { file: name, publicKeys, armor: armor?.kind === 'bool' && armor.value }
}

function readInside(path: string, root: string): string | null {
  try {
    const real = realpathSync(path)
    const stat = lstatSync(real)
    if (!real.startsWith(`${root}/`) || !stat.isFile() || stat.size > MAX_NIX_SIZE) return null
    return readFileSync(real, 'latin1')
  } catch {
    return null
  }
}

function fault(file: string, why: string): NixsecretError {
  return new NixsecretError('format', `${displayText(file)} ${why}`)
}
