import type { FoundKey } from '../../age/recipient-lines.ts'
import { shellWord } from '../../age/shell-word.ts'
import { displayText } from '../../byte-path.ts'
import { NixsecretError } from '../../errors.ts'
import { askLine } from '../../host/ask-line.ts'
import type { KeySource } from '../../secret/found/key-source.ts'
import { printNote, printWarning } from '../print.ts'

/** What the command line says of the choice. */
export interface Choice {
  /** Whom the key is for. */
  readonly name: string
  /** The command so far, to be completed in hints: `recipient add bob --github bob`. */
  readonly command: string
  /** `SHA256:…`, or an age key. */
  readonly fingerprint: string | null
  readonly yes: boolean
}

/**
 * Shows what was found and has somebody agree to one key: on the terminal, or by `--yes` (and, of several, by
 * `--fingerprint`).
 * @throws NixsecretError `recipient` where none is usable, `usage` where nobody can be asked, `refused` for a no
 */
export function chooseFound(source: KeySource, choice: Choice): FoundKey {
  show(source)
  const usable = source.keys.filter(({ canonical }) => canonical !== null)
  if (usable.length === 0) throw new NixsecretError('recipient', `no key of ${source.from} can be used`)
  const wanted =
    choice.fingerprint === null ? usable : usable.filter(({ mark }) => mark === choice.fingerprint)
  const [first] = wanted
  if (first === undefined)
    throw new NixsecretError(
      'missing',
      `${source.from} has no usable key ${displayText(choice.fingerprint ?? '')}`,
    )
  if (wanted.length > 1) return oneOf(wanted, choice)
  if (choice.yes) return first
  const answer = askLine(`add ${first.mark} as ${displayText(choice.name)}? [y/N] `)
  if (answer === null) throw unasked('nobody can be asked here whether this is the right key', wanted, choice)
  if (!/^y(es)?$/i.test(answer.trim())) throw declined()
  return first
}

function oneOf(keys: readonly FoundKey[], choice: Choice): FoundKey {
  const answer = choice.yes
    ? null
    : askLine(`which one for ${displayText(choice.name)}? 1–${keys.length}, empty for none: `)
  if (answer === null) throw unasked('several keys can be used: say which', keys, choice)
  const key = /^[0-9]{1,4}$/.test(answer.trim()) ? keys[Number(answer) - 1] : undefined
  if (key === undefined) throw declined()
  return key
}

function show({ from, keys, faults, warnings, notes }: KeySource): void {
  printNote(`${from}:`)
  let number = 0
  const many = keys.filter(({ canonical }) => canonical !== null).length > 1
  for (const { type, mark, line, canonical, unfit } of keys) {
    const comment = line.split(/[ \t]+/).slice(2)
    const count = canonical === null ? '-' : many ? `${++number}.` : '•'
    const shown = [count, type, mark, displayText(comment.join(' '))].filter(Boolean).join(' ')
    process.stderr.write(`  ${shown}${unfit === null ? '' : ` (${unfit})`}\n`)
  }
  for (const fault of faults.slice(0, 5)) printWarning(fault)
  for (const warning of warnings) printWarning(warning)
  for (const note of notes) printNote(note)
}

function unasked(message: string, keys: readonly FoundKey[], { command }: Choice): NixsecretError {
  const hints = keys
    .slice(0, 10)
    .map(({ mark }) => `git nixsecret ${command} --fingerprint ${shellWord(mark)} --yes`)
  return new NixsecretError('usage', message, { hints })
}

function declined(): NixsecretError {
  return new NixsecretError('refused', 'not confirmed: nothing was changed')
}
