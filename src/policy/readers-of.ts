import type { BytePath } from '../byte-path.ts'
import type { Format, Policy, Rule, Settings } from './policy.ts'

/**
 * Who may read a path: the `to` of the first rule that names the path and has one, else that of `[default]`.
 * @returns names of recipients, no duplicates, in order of first mention; null where the policy names nobody
 */
export function readersOf(policy: Policy, path: BytePath): readonly string[] | null {
  return setting(policy, path, 'to')
}

/** Whether the plaintext of a path may enter the local Nix store. Null: it may not. */
export function storeOf(policy: Policy, path: BytePath): 'plaintext' | null {
  return setting(policy, path, 'store')
}

/** What a path is to be in git, if it is protected. */
export function formatOf(policy: Policy, path: BytePath): Format {
  return setting(policy, path, 'format') ?? 'age'
}

/** After how many days the content of a path is to be another. Null: nobody says. */
export function rotateOf(policy: Policy, path: BytePath): number | null {
  return setting(policy, path, 'rotate')
}

/**
 * Whether a rule with a `to` names the path, so that it is meant to be a secret; `[default]` does not count,
 * nor do files that are never encrypted ({@link neverEncrypted}). Public halves (`*.pub`) are the caller's to except.
 */
export function namedByRule(policy: Policy, path: BytePath): boolean {
  return !neverEncrypted(path) && policy.rules.some((rule) => rule.to !== null && names(rule, path))
}

/** Whether a path is one that git or we ourselves must be able to read: `.gitattributes` files and the policy. */
export function neverEncrypted(path: BytePath): boolean {
  return path === 'nixsecret.toml' || path === '.gitattributes' || path.endsWith('/.gitattributes')
}

function setting<Key extends keyof Settings>(policy: Policy, path: BytePath, key: Key): Settings[Key] {
  for (const rule of policy.rules) {
    if (rule[key] !== null && names(rule, path)) return rule[key]
  }
  return policy.default[key]
}

function names(rule: Rule, path: BytePath): boolean {
  return rule.matchers.some((matches) => matches(path))
}
