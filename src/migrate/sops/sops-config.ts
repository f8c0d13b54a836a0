import { parseDocument, visit } from 'yaml'
import { NixsecretError } from '../../errors.ts'
import { linearRegex } from '../../sops/linear-regex.ts'

/** What a `.sops.yaml` says (https://github.com/getsops/sops#using-sops-yaml-conf-to-select-kms-pgp-and-age-for-new-files). */
export interface SopsConfig {
  /** Public keys → what the file calls their owners: an anchor, or a comment on the same line. */
  readonly names: ReadonlyMap<string, string>
  /** The age keys of the first rule for a path; null where no rule is for it, or it can't be told. */
  keysFor(path: string): readonly string[] | null
}

const MAX_SIZE = 1 << 20
/** Aliases are the way in which keys are named in rules. */
const MAX_ALIASES = 10_000
const AGE_KEY = /^(?:age1[a-z0-9]+|ssh-(?:ed25519|rsa) \S+)/

/** @throws NixsecretError `format` where it is no YAML */
export function readSopsConfig(text: string): SopsConfig {
  if (text.length > MAX_SIZE) throw new NixsecretError('format', '.sops.yaml is larger than 1 MiB')
  const document = parseDocument(text, { prettyErrors: false, maxAliasCount: MAX_ALIASES } as never)
  if (document.errors.length > 0) throw new NixsecretError('format', '.sops.yaml is no YAML that can be read')
  const names = new Map<string, string>()
  visit(document, {
    Scalar(_, { value, anchor, comment }) {
      const key = typeof value === 'string' ? AGE_KEY.exec(value.trim())?.[0] : undefined
      const name = anchor ?? comment?.trim().split(/\s+/)[0]
      if (key !== undefined && name !== undefined && name !== '' && !names.has(key)) names.set(key, name)
    },
  })
  let data: { creation_rules?: unknown } | null
  try {
    data = document.toJS({ maxAliasCount: MAX_ALIASES }) as typeof data
  } catch {
    throw new NixsecretError('format', '.sops.yaml has aliases that can not be followed')
  }
  const rules = (Array.isArray(data?.creation_rules) ? data.creation_rules : []).map(toRule)
  return {
    names,
    keysFor(path) {
      for (const rule of rules) {
        if (rule === null) return null
        if (rule.matches(path)) return rule.keys
      }
      return null
    },
  }
}

interface Rule {
  matches(path: string): boolean
  readonly keys: readonly string[] | null
}

function toRule(value: unknown): Rule | null {
  if (typeof value !== 'object' || value === null) return null
  const rule = value as Record<string, unknown>
  const pattern = rule.path_regex
  const regex = typeof pattern === 'string' && pattern !== '' ? linearRegex(pattern) : () => true
  if (regex === null) return null
  const groups = Array.isArray(rule.key_groups) ? rule.key_groups : null
  // Several groups share one key among them, which is nothing that a policy says.
  if (groups !== null && groups.length !== 1) return { matches: regex, keys: null }
  return {
    matches: regex,
    keys: toKeys((groups?.[0] as Record<string, unknown> | undefined)?.age ?? rule.age),
  }
}

/** A list, or text with commas. */
function toKeys(value: unknown): string[] {
  const texts = Array.isArray(value) ? value.flat(4) : [value]
  return texts
    .filter((text): text is string => typeof text === 'string')
    .flatMap((text) => text.split(','))
    .map((text) => text.trim())
    .filter((text) => text !== '')
}
