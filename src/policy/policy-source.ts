import { parse } from 'smol-toml'
import { NixsecretError } from '../errors.ts'
import { locateKey, type TomlPath } from './locate-key.ts'
import { quoteName } from './quote-name.ts'

/** A TOML table, its keys in order of the file. */
export type TomlTable = Readonly<Record<string, unknown>>

/** Most characters that a policy may have; git's clean filter reads it for every command. */
const LONGEST = 1 << 20

/** The text of a policy, and the faults found in it, each with its line. */
export class PolicySource {
  readonly text: string
  readonly file: string

  constructor(text: string, file: string) {
    this.text = text
    this.file = file
  }

  /** @throws NixsecretError `policy` where the text is not TOML */
  read(): TomlTable {
    if (this.text.length > LONGEST) throw this.faultAt(1, 'longer than 1 MiB')
    try {
      return parse(this.text, { maxDepth: 16 })
    } catch (error) {
      // Not kept as the cause: smol-toml's message repeats lines of the file.
      throw this.#syntaxFault(error)
    }
  }

  /** A fault at a key; `message` without file and line. */
  fault(path: TomlPath, message: string, hints: readonly string[] = []): NixsecretError {
    return this.faultAt(locateKey(this.text, path), message, hints)
  }

  /** A fault at a 1-based line. */
  faultAt(line: number, message: string, hints: readonly string[] = []): NixsecretError {
    return new NixsecretError('policy', `${this.file}:${line}: ${message}`, { hints })
  }

  #syntaxFault(error: unknown): NixsecretError {
    const lines = this.text.split('\n')
    const marker = lines.findIndex((line) => /^(<{7} |>{7} |\|{7} )/.test(line))
    if (marker !== -1) {
      return this.faultAt(marker + 1, 'conflict markers of a merge; settle the conflict first', [
        `git mergetool ${this.file}`,
      ])
    }
    const { line, message } = error as { line?: unknown; message?: unknown }
    const number = typeof line === 'number' ? line : 1
    const reason =
      String(message)
        .split('\n')[0]
        ?.replace(/^Invalid TOML document: /, '') ?? ''
    if (reason.startsWith('trying to redefine')) {
      const name = /^\s*\[{0,2}\s*("[^"]*"|'[^']*'|[^\s=\]]+)/.exec(lines[number - 1] ?? '')?.[1] ?? ''
      const shown = quoteName(name.replace(/^(["'])(.*)\1$/, '$2'))
      return this.faultAt(number, `duplicate name ${shown}; keep one of the two`)
    }
    return this.faultAt(number, `not valid TOML: ${reason === '' ? 'unreadable' : reason}`)
  }
}
