import { tomlString } from './toml-string.ts'

/** What a new policy is made of. */
export interface PolicyContent {
  readonly recipients: readonly { readonly name: string; readonly key: string }[]
  /** Readers of everything that no rule names: names of recipients; none: there is no such default. */
  readonly to: readonly string[]
}

/** The text of a new `nixsecret.toml`, with comments for whoever opens it next. */
export function newPolicy({ recipients, to }: PolicyContent): string {
  const width = Math.max(0, ...recipients.map(({ name }) => tomlKey(name).length))
  const keys = recipients.map(({ name, key }) => `${tomlKey(name).padEnd(width)} = ${tomlString(key)}\n`)
  const owner = to[0] ?? recipients[0]?.name ?? 'alice'
  return `# Who can read the secrets of this repository. Which files are secrets says .gitattributes.
# After a change here, "git nixsecret rekey" encrypts again what it affects.
version = 1

# Public keys by name: age1…, ssh-ed25519 …, ssh-rsa …
# "git nixsecret recipient add NAME KEY" adds one.
[recipients]
${keys.join('')}
${to.length === 0 ? '' : defaultTable(to)}# A rule for some of them; the first that names a path wins. Paths as in .gitignore.
#
# [[rule]]
# paths = ["/secrets/web1/**"]
# to    = [${tomlString(owner)}, "web1"]
#
# Several names under one:
#
# [groups]
# admins = [${tomlString(owner)}, "backup"]        # used as "@admins"
`
}

function defaultTable(to: readonly string[]): string {
  return `# Readers of every secret that no rule names.
[default]
to = [${to.map(tomlString).join(', ')}]

`
}

/** A dot would make two keys of a bare one. */
function tomlKey(name: string): string {
  return /^[A-Za-z0-9_-]+$/.test(name) ? name : tomlString(name)
}
