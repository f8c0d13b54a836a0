import { readFileSync } from 'node:fs'
import { NixsecretError } from '../../errors.ts'
import type { AgenixNames, AgenixRule } from './agenix-rules.ts'
import { rulesByNix } from './rules-by-nix.ts'
import { rulesByParser } from './rules-by-parser.ts'
import { rulesFromJson } from './rules-from-json.ts'

/** Rules with the names that their file has for keys. */
export interface ReadRules {
  readonly rules: readonly AgenixRule[]
  readonly names: AgenixNames
  readonly by: 'nix' | 'parser' | 'json'
}

const NO_NAMES: AgenixNames = { keys: new Map(), groups: [] }

/**
 * Reads `secrets.nix`: what it says by Nix where there is one, else by our own parser, which also tells names.
 * A file that ends in `.json` is what Nix printed for it.
 * @param file absolute
 * @throws NixsecretError `format`
 */
export async function readRules(file: string, top: string): Promise<ReadRules> {
  if (file.endsWith('.json')) {
    return { rules: rulesFromJson(readFileSync(file, 'utf8'), file), names: NO_NAMES, by: 'json' }
  }
  const rules = await rulesByNix(file, top)
  if (rules === null) {
    try {
      return { ...rulesByParser(file, top), by: 'parser' }
    } catch (fault) {
      if (!(fault instanceof NixsecretError)) throw fault
      throw new NixsecretError(
        fault.code,
        `${fault.message}; with nix-instantiate on PATH, Nix would evaluate it`,
        {
          hints: [
            'git nixsecret import agenix --rules rules.json    # made by: nix-instantiate --eval --strict --json secrets.nix',
          ],
        },
      )
    }
  }
  try {
    return { rules, names: rulesByParser(file, top).names, by: 'nix' }
  } catch (fault) {
    // It is more than data: Nix knows what it says, and comments of keys must do for names.
    if (fault instanceof NixsecretError) return { rules, names: NO_NAMES, by: 'nix' }
    throw fault
  }
}
