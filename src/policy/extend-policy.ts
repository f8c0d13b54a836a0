import { editPolicy } from './edit-policy.ts'
import type { Format } from './policy.ts'
import { tomlString } from './toml-string.ts'

/** A rule that a policy is to have. */
export interface NewRule {
  readonly paths: readonly string[]
  /** Names of recipients, and `@GROUP`. */
  readonly to: readonly string[]
  /** `age`, the default, is not written. */
  readonly format?: Format
}

/** What a policy is to have besides what it has. */
export interface PolicyExtension {
  readonly recipients: readonly { readonly name: string; readonly key: string }[]
  readonly groups: readonly { readonly name: string; readonly members: readonly string[] }[]
  /** They come before the rules that are there, so that they win. */
  readonly rules: readonly NewRule[]
  /** They come behind the rules that are there, so that those win. */
  readonly lastRules?: readonly NewRule[]
}

/**
 * Adds recipients, groups and rules to a policy. Comments and everything else stay as they are.
 * @param extension names that are free, keys and patterns that are checked
 * @throws NixsecretError `policy` where the text can't be edited so
 */
export function extendPolicy(text: string, extension: PolicyExtension, file = 'nixsecret.toml'): string {
  let result = text
  for (const { name, key } of extension.recipients) {
    result = editPolicy(result, file, (data, toml) => {
      data.recipients = { ...data.recipients, [name]: key }
      toml.addKey('recipients', name, key)
    })
  }
  for (const { name, members } of extension.groups) {
    result = editPolicy(result, file, (data, toml) => {
      data.groups = { ...data.groups, [name]: [...members] }
      toml.addKey('groups', name, members)
    })
  }
  const { rules, lastRules = [] } = extension
  if (lastRules.length > 0)
    result = editPolicy(result, file, (data, toml) => {
      data.rule = [
        ...(data.rule ?? []),
        ...lastRules.map(({ paths, to }) => ({ paths: [...paths], to: [...to] })),
      ]
      for (const rule of lastRules) toml.addLastElement('rule', linesOf(rule))
    })
  if (rules.length === 0) return result
  return editPolicy(result, file, (data, toml) => {
    const tables = rules.map(({ paths, to, format }) => ({
      paths: [...paths],
      to: [...to],
      ...(format === 'sops' ? { format } : {}),
    }))
    data.rule = [...tables, ...(data.rule ?? [])]
    for (const rule of rules) toml.addFirstElement('rule', linesOf(rule))
  })
}

function linesOf({ paths, to, format }: NewRule): string[] {
  const lines = [`paths = ${list(paths)}`, `to    = ${list(to)}`]
  return format === 'sops' ? [...lines, 'format = "sops"'] : lines
}

/** On one line where it fits; paths one a line else, as people would write them. */
function list(texts: readonly string[]): string {
  const line = `[${texts.map(tomlString).join(', ')}]`
  return line.length <= 100 ? line : `[\n${texts.map((text) => `  ${tomlString(text)},\n`).join('')}]`
}
