import { NixsecretError } from '../errors.ts'
import { lazyPattern } from './lazy-pattern.ts'
import type { TomlPath } from './locate-key.ts'
import type { PathMatcher } from './match-path.ts'
import type { Allowance } from './policy.ts'
import type { PolicySource, TomlTable } from './policy-source.ts'
import { type RuleId, readRuleId } from './rule-ids.ts'
import { isTable, names, onlyKeys, own, texts, topTable } from './toml-shape.ts'

const ALLOW_KEYS = ['rule', 'paths', 'reason']

/**
 * Reads `[[check.allow]]`: findings of `check` that the repository accepts.
 * @throws NixsecretError `policy` with file, line and what to write instead
 */
export function checkAllow(source: PolicySource, top: TomlTable): Allowance[] {
  const check = topTable(source, top, 'check', '[[check.allow]]')
  onlyKeys(source, check, ['allow'], { path: ['check'], where: '[check]' })
  const allow = own(check, 'allow') ?? []
  if (!Array.isArray(allow) || !allow.every(isTable)) {
    throw source.fault(['check', 'allow'], 'an allowance begins with two brackets; write [[check.allow]]')
  }
  return allow.map((table, i) => allowance(source, table, i))
}

function allowance(source: PolicySource, table: TomlTable, index: number): Allowance {
  const path = ['check', 'allow', index]
  const where = `allowance ${index + 1}`
  onlyKeys(source, table, ALLOW_KEYS, { path, where })
  const rules = ruleIds(source, table, path, where)
  const written = own(table, 'paths')
  if (written === undefined)
    throw source.fault(path, `${where} has no "paths"; write paths = ["/modules/test.nix"]`)
  const paths = texts(source, written, [...path, 'paths'], `"paths" of ${where}`)
  const matchers = paths.map((pattern, i) => patternAt(source, pattern, [...path, 'paths', i], where))
  const reason = own(table, 'reason')
  if (reason === undefined)
    throw source.fault(path, `${where} has no "reason"; write reason = "why it may stay"`)
  if (typeof reason !== 'string' || reason.trim() === '') {
    const help = 'write reason = "why it may stay"'
    throw source.fault([...path, 'reason'], `"reason" of ${where} must be a text, not empty; ${help}`)
  }
  return { rules, paths, matchers, reason }
}

function ruleIds(source: PolicySource, table: TomlTable, path: TomlPath, where: string): RuleId[] {
  const written = own(table, 'rule')
  if (written === undefined)
    throw source.fault(path, `${where} has no "rule"; write rule = "nix-inline-secret"`)
  const rulePath = [...path, 'rule']
  const isList = Array.isArray(written)
  const list = names(source, isList ? written : [written], rulePath, `"rule" of ${where}`)
  return list.map((text, i) => {
    const read = readRuleId(text)
    if ('rule' in read) return read.rule
    throw source.fault(isList ? [...rulePath, i] : rulePath, `${where}: ${read.problem}`)
  })
}

function patternAt(source: PolicySource, pattern: string, path: TomlPath, where: string): PathMatcher {
  try {
    return lazyPattern(pattern)
  } catch (error) {
    if (!(error instanceof NixsecretError)) throw error
    throw source.fault(path, `${where}: ${error.message}`, error.hints)
  }
}
