import { type BytePath, displayText, textPath } from '../byte-path.ts'
import { parseHostAddress } from './host-address.ts'
import { deliveryTargets, targetPath } from './host-targets.ts'
import { LAYOUTS, type Layout } from './layout.ts'
import type { TomlPath } from './locate-key.ts'
import type { HostKey, PolicyHost } from './policy.ts'
import type { PolicySource, TomlTable } from './policy-source.ts'
import { quoteName } from './quote-name.ts'
import { neverEncrypted } from './readers-of.ts'
import { isTable, onlyKeys, own, topTable } from './toml-shape.ts'

const HOST_KEYS = ['address', 'layout', 'key']
const KEY_KEYS = ['path', 'name', 'dir', 'user', 'group', 'mode']
const MOST_KEYS = 1000

// All of this reaches a shell of root's on the host. It is quoted there, and yet nothing comes in that needs it.
const HOST_NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/
/** What a file may be called on a host: nothing hidden, since names with a dot first are deliver's own. */
const FILE_NAME = /^[A-Za-z0-9_][A-Za-z0-9_.+@=:,-]{0,199}$/
const DIR = /^(?:\/(?!\.{1,2}(?:\/|$))[A-Za-z0-9_.+@=:,-]{1,200}){1,32}$/
const OWNER = /^(?:[A-Za-z_][A-Za-z0-9_.-]{0,31}\$?|0|[1-9][0-9]{0,9})$/
const MODE = /^0?[0-7]{3}$/

/**
 * Reads `[host.NAME]` and its `[[host.NAME.key]]`: what `deliver` puts where.
 * @throws NixsecretError `policy` with file, line and what to write instead
 */
export function checkHosts(source: PolicySource, top: TomlTable): Map<string, PolicyHost> {
  const hosts = new Map<string, PolicyHost>()
  for (const [name, table] of Object.entries(topTable(source, top, 'host', '[host.NAME]'))) {
    const path = ['host', name]
    if (!HOST_NAME.test(name)) {
      const help =
        'a name has letters, digits, ".", "_" and "-" only, at most 63, the first a letter or digit'
      throw source.fault(path, `${quoteName(name)} cannot be the name of a host; ${help}`)
    }
    if (!isTable(table))
      throw source.fault(path, `host ${quoteName(name)} must be a table; write [host.${name}]`)
    hosts.set(name, new HostReader(source, name, table).host())
  }
  return hosts
}

class HostReader {
  readonly #source: PolicySource
  readonly #name: string
  readonly #table: TomlTable
  readonly #path: TomlPath
  readonly #where: string

  constructor(source: PolicySource, name: string, table: TomlTable) {
    this.#source = source
    this.#name = name
    this.#table = table
    this.#path = ['host', name]
    this.#where = `host ${quoteName(name)}`
  }

  host(): PolicyHost {
    this.#noDottedName()
    onlyKeys(this.#source, this.#table, HOST_KEYS, { path: this.#path, where: this.#where })
    const written = own(this.#table, 'address') ?? this.#name
    const address = typeof written === 'string' ? parseHostAddress(written) : null
    if (address === null) {
      const help =
        'write address = "[USER@]HOST[:PORT]", an IPv6 address in brackets; the rest belongs into ssh_config'
      throw this.#source.fault([...this.#path, 'address'], `"address" of ${this.#where} is none; ${help}`)
    }
    const host = { name: this.#name, address, layout: this.#layout(), keys: this.#keys() }
    this.#once(host)
    return host
  }

  // [host.web1.example.org] is a table in a table in a table.
  #noDottedName(): void {
    const [key] = Object.keys(this.#table).filter(
      (key) => !HOST_KEYS.includes(key) && isTable(this.#table[key]),
    )
    if (key === undefined) return
    const name = quoteName(`${this.#name}.${key}`)
    throw this.#source.fault(
      [...this.#path, key],
      `a name with a dot in it needs quotes; write [host.${name}]`,
    )
  }

  #layout(): Layout {
    const layout = own(this.#table, 'layout') ?? 'keys'
    if (LAYOUTS.includes(layout as Layout)) return layout as Layout
    const help = `write one of ${LAYOUTS.map((name) => `"${name}"`).join(', ')}`
    throw this.#source.fault([...this.#path, 'layout'], `unknown "layout" of ${this.#where}; ${help}`)
  }

  #keys(): HostKey[] {
    const keys = own(this.#table, 'key') ?? []
    const path = [...this.#path, 'key']
    if (!Array.isArray(keys) || !keys.every(isTable)) {
      throw this.#source.fault(path, `a key begins with two brackets; write [[host.${this.#name}.key]]`)
    }
    if (keys.length > MOST_KEYS)
      throw this.#source.fault(path, `${this.#where} has more than ${MOST_KEYS} keys`)
    return keys.map((key, i) => this.#key(key, [...path, i], `key ${i + 1} of ${this.#where}`))
  }

  #key(table: TomlTable, at: TomlPath, where: string): HostKey {
    onlyKeys(this.#source, table, KEY_KEYS, { path: at, where })
    const text = (key: string, pattern: RegExp, help: string): string | null => {
      const value = own(table, key)
      if (value === undefined) return null
      if (typeof value === 'string' && pattern.test(value)) return value
      throw this.#source.fault([...at, key], `"${key}" of ${where} ${help}`)
    }
    const path = this.#secret(table, at, where)
    const name = text('name', FILE_NAME, `cannot be the name of a file on a host; ${NAME_HELP}`)
    if (name === null) this.#plainName(path, at, where)
    const dir = text('dir', DIR, 'must be an absolute path, without ".." and blanks; write dir = "/run/keys"')
    const user = text('user', OWNER, 'must be the name or number of a user; write user = "postgres"')
    const group = text('group', OWNER, 'must be the name or number of a group; write group = "keys"')
    const mode = text('mode', MODE, 'must be three octal digits in quotes; write mode = "0600"')
    if (mode !== null && !mode.endsWith('0')) {
      const help = 'gives everybody on the host the secret; let it end in 0, and name a group'
      throw this.#source.fault([...at, 'mode'], `"mode" of ${where} ${help}`)
    }
    return { path, name, dir, user, group, mode: mode === null ? null : mode.slice(-3) }
  }

  #secret(table: TomlTable, at: TomlPath, where: string): BytePath {
    const value = own(table, 'path')
    if (value === undefined)
      throw this.#source.fault(at, `${where} has no "path"; write path = "/secrets/db"`)
    const bad = (why: string) => this.#source.fault([...at, 'path'], `"path" of ${where} ${why}`)
    if (typeof value !== 'string') throw bad('must be one path in quotes; write path = "/secrets/db"')
    const path = value.replace(/^\//, '')
    if (path === '' || path.length > 1024 || path.includes('\0')) throw bad('names no file')
    if (/[*?[\]]/.test(path)) throw bad('must name one file; it is no pattern')
    if (path.split('/').some((part) => part === '' || part === '.' || part === '..')) {
      throw bad('must lead from the top of the repository to a file, without "." and ".."')
    }
    if (neverEncrypted(textPath(path))) throw bad('names a file that is never encrypted')
    return textPath(path)
  }

  // The file is called as it is here, and with layout "krops" so are its folders.
  #plainName(path: BytePath, at: TomlPath, where: string): void {
    const base = path.slice(path.lastIndexOf('/') + 1)
    if (FILE_NAME.test(base)) return
    const shown = displayText(Buffer.from(base, 'latin1'))
    throw this.#source.fault(
      [...at, 'path'],
      `${where}: ${shown} cannot be the name of a file on a host; ${NAME_HELP}`,
    )
  }

  #once(host: PolicyHost): void {
    const seen = new Map<string, number>()
    for (const [i, target] of deliveryTargets(host, host.layout).entries()) {
      const at = [...this.#path, 'key', i]
      const path = targetPath(target)
      if (target.odd !== null) {
        const help = 'give the key a "dir", or rename the folder'
        throw this.#source.fault(
          [...at, 'path'],
          `${quoteName(target.odd)} cannot be a folder on ${this.#where}; ${help}`,
        )
      }
      const other = seen.get(path)
      if (other !== undefined) {
        const help = 'give one of them another "name" or "dir"'
        throw this.#source.fault(
          at,
          `keys ${other + 1} and ${i + 1} of ${this.#where} are both ${path}; ${help}`,
        )
      }
      seen.set(path, i)
    }
  }
}

const NAME_HELP = 'write name = "…" with letters, digits and _.+@=:,- only, no dot or sign first'
