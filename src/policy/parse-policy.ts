import { NixsecretError } from '../errors.ts'
import { checkAllow } from './check-allow.ts'
import { checkHosts } from './check-hosts.ts'
import type { TomlPath } from './locate-key.ts'
import { compilePattern } from './match-path.ts'
import type { Policy, Rule, Settings } from './policy.ts'
import { PolicySource, type TomlTable } from './policy-source.ts'
import { holdsPrivateKey, quoteName } from './quote-name.ts'
import { type KnownNames, resolveNames } from './resolve-names.ts'
import { rotationDays } from './rotation-days.ts'
import { isTable, names, onlyKeys, own, texts, topTable } from './toml-shape.ts'

/** What the policy needs to know of a public key. */
export interface CheckedKey {
  /** Without comment. */
  readonly canonical: string
  /** Null where that is not known before something is encrypted. */
  readonly postQuantum: boolean | null
}

/** Reads a public key; throws NixsecretError where it is none. */
export type CheckKey = (key: string) => CheckedKey

/** What a recipient or group may be called. */
export const NAME_PATTERN = /^[A-Za-z0-9._][A-Za-z0-9._-]*$/

const TOP_KEYS = ['version', 'recipients', 'groups', 'default', 'rule', 'check', 'host']
const SETTING_KEYS = ['to', 'store', 'format', 'rotate']
const RULE_KEYS = ['paths', ...SETTING_KEYS]

/**
 * Reads a policy. Everything in it must be understood: an unknown key or name is an error, never skipped.
 * @param text the whole file
 * @param file how messages name it
 * @param checkKey reads public keys (`src/age`); without it keys are taken as they are
 * @throws NixsecretError `policy` with file, line and what to write instead
 */
export function parsePolicy(text: string, file: string, checkKey?: CheckKey): Policy {
  return new PolicyReader(new PolicySource(text, file), checkKey).policy()
}

class PolicyReader {
  readonly #source: PolicySource
  readonly #checkKey: CheckKey | undefined
  readonly #postQuantum = new Map<string, boolean | null>()

  constructor(source: PolicySource, checkKey: CheckKey | undefined) {
    this.#source = source
    this.#checkKey = checkKey
  }

  policy(): Policy {
    const top = this.#source.read()
    this.#version(top)
    onlyKeys(this.#source, top, TOP_KEYS, { path: [], where: '' })
    const recipients = this.#recipients(topTable(this.#source, top, 'recipients'))
    const written = this.#groups(topTable(this.#source, top, 'groups'), recipients)
    const known: KnownNames = { recipients, groups: written }
    const groups = new Map<string, readonly string[]>()
    for (const [name, entries] of known.groups) {
      const where = `group ${quoteName(name)}`
      groups.set(name, resolveNames(this.#source, known, { entries, path: ['groups', name], where }))
    }
    return {
      file: this.#source.file,
      text: this.#source.text,
      recipients,
      groups,
      default: this.#default(top, known),
      rules: this.#rules(top, known),
      allow: checkAllow(this.#source, top),
      hosts: checkHosts(this.#source, top),
    }
  }

  #version(top: TomlTable): void {
    const version = own(top, 'version')
    if (version === 1) return
    if (version === undefined)
      throw this.#source.faultAt(1, 'no version; write "version = 1" as its first line')
    if (typeof version !== 'number' || version < 1)
      throw this.#source.fault(['version'], 'write "version = 1"')
    throw this.#source.fault(
      ['version'],
      `version ${version} is not known to this git-nixsecret, which knows 1`,
    )
  }

  #recipients(table: TomlTable): Map<string, string> {
    const recipients = new Map<string, string>()
    for (const [name, key] of Object.entries(table)) {
      const path = ['recipients', name]
      this.#name(name, path, 'recipient')
      if (isTable(key)) {
        const dotted = `${name}.${Object.keys(key)[0] ?? ''}`
        throw this.#source.fault(
          path,
          `a name with a dot in it needs quotes; write ${quoteName(dotted)} = "…"`,
        )
      }
      if (typeof key !== 'string') {
        throw this.#source.fault(path, `recipient ${quoteName(name)} must be one public key in quotes`)
      }
      this.#key(name, key, path)
      recipients.set(name, key)
    }
    return recipients
  }

  #key(name: string, key: string, path: TomlPath): void {
    if (holdsPrivateKey(key)) {
      const why = 'is a private key; take it out, and make a new key: this one is no secret now'
      throw this.#source.fault(path, `recipient ${quoteName(name)} ${why}`)
    }
    if (key.trim() === '') throw this.#source.fault(path, `recipient ${quoteName(name)} has an empty key`)
    if (this.#checkKey === undefined) return
    try {
      this.#postQuantum.set(name, this.#checkKey(key).postQuantum)
    } catch (error) {
      if (!(error instanceof NixsecretError)) throw error
      throw this.#source.fault(path, `recipient ${quoteName(name)}: ${error.message}`, error.hints)
    }
  }

  #groups(table: TomlTable, recipients: ReadonlyMap<string, string>): Map<string, readonly string[]> {
    const groups = new Map<string, readonly string[]>()
    for (const [name, members] of Object.entries(table)) {
      const path = ['groups', name]
      this.#name(name, path, 'group')
      if (recipients.has(name)) {
        throw this.#source.fault(path, `duplicate name ${quoteName(name)}: a recipient is called so too`)
      }
      groups.set(name, names(this.#source, members, path, `group ${quoteName(name)}`))
    }
    return groups
  }

  #name(name: string, path: TomlPath, what: string): void {
    if (NAME_PATTERN.test(name)) return
    if (holdsPrivateKey(name))
      throw this.#source.fault(path, `a private key in place of the name of a ${what}`)
    const help = 'a name has letters, digits, ".", "_" and "-" only, and no "-" first'
    throw this.#source.fault(path, `${quoteName(name)} cannot be the name of a ${what}; ${help}`)
  }

  #default(top: TomlTable, known: KnownNames): Settings {
    const table = topTable(this.#source, top, 'default')
    onlyKeys(this.#source, table, SETTING_KEYS, { path: ['default'], where: '[default]' })
    return this.#settings(table, ['default'], '[default]', known)
  }

  #rules(top: TomlTable, known: KnownNames): Rule[] {
    const rules = own(top, 'rule') ?? []
    if (!Array.isArray(rules) || !rules.every(isTable)) {
      throw this.#source.fault(['rule'], 'a rule begins with two brackets; write [[rule]]')
    }
    return rules.map((rule, i) => this.#rule(rule, i, known))
  }

  #rule(table: TomlTable, index: number, known: KnownNames): Rule {
    const path = ['rule', index]
    const where = `rule ${index + 1}`
    onlyKeys(this.#source, table, RULE_KEYS, { path, where })
    const written = own(table, 'paths')
    if (written === undefined)
      throw this.#source.fault(path, `${where} has no "paths"; write paths = ["/secrets/**"]`)
    const paths = texts(this.#source, written, [...path, 'paths'], `"paths" of ${where}`)
    const matchers = paths.map((pattern, i) => this.#pattern(pattern, [...path, 'paths', i], where))
    const settings = this.#settings(table, path, where, known)
    if (Object.values(settings).every((value) => value === null)) {
      throw this.#source.fault(path, `${where} says nothing; write to = ["NAME"]`)
    }
    return { paths, matchers, ...settings }
  }

  #pattern(pattern: string, path: TomlPath, where: string) {
    try {
      return compilePattern(pattern)
    } catch (error) {
      if (!(error instanceof NixsecretError)) throw error
      throw this.#source.fault(path, `${where}: ${error.message}`, error.hints)
    }
  }

  #settings(table: TomlTable, path: TomlPath, where: string, known: KnownNames): Settings {
    const store = this.#choice(table, 'store', ['plaintext'], { path, where })
    const format = this.#choice(table, 'format', ['age', 'sops'], { path, where })
    const written = own(table, 'to')
    const rotate = rotationDays(this.#source, own(table, 'rotate'), [...path, 'rotate'], where)
    if (written === undefined) return { to: null, store, format, rotate }
    const toPath = [...path, 'to']
    const entries = names(this.#source, written, toPath, `"to" of ${where}`)
    const to = resolveNames(this.#source, known, { entries, path: toPath, where })
    this.#unmixed(to, toPath, where)
    return { to, store, format, rotate }
  }

  /** A setting that is one of a few words; null where it is not there. */
  #choice<Word extends string>(
    table: TomlTable,
    key: string,
    words: readonly Word[],
    { path, where }: { readonly path: TomlPath; readonly where: string },
  ): Word | null {
    const value = own(table, key) ?? null
    const word = words.find((known) => known === value)
    if (value === null || word !== undefined) return word ?? null
    const help = `write ${words.map((known) => `${key} = "${known}"`).join(' or ')}, or take it out`
    throw this.#source.fault([...path, key], `unknown "${key}" in ${where}; ${help}`)
  }

  // age itself refuses: the file would be no safer than its weakest recipient.
  #unmixed(to: readonly string[], path: TomlPath, where: string): void {
    const after = to.filter((name) => this.#postQuantum.get(name) === true)
    const others = to.filter((name) => this.#postQuantum.get(name) === false)
    if (after.length === 0 || others.length === 0) return
    const sides = `${after.join(', ')}) with others (${others.join(', ')}`
    throw this.#source.fault(path, `"to" of ${where} mixes post-quantum recipients (${sides}); use one kind`)
  }
}
