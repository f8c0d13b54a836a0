import fc from 'fast-check'
import { anyBytes, mutated } from './fuzz-cases.ts'

/** What a line of a hook's input says, read by hand. */
export interface SaidRef {
  readonly newOid: string
  readonly oldOid: string
}

/**
 * A second opinion on what git writes to a hook, that shares nothing with what is tested.
 * @param input latin1
 * @returns null where a line is none that git writes
 */
export function readByHand(input: string, hook: 'pre-push' | 'pre-receive'): SaidRef[] | null {
  const lines = input.endsWith('\n') ? input.slice(0, -1).split('\n') : input.split('\n')
  if (input === '') return hook === 'pre-push' ? [] : null
  const refs = lines.map((line) => (hook === 'pre-push' ? pushed(line) : received(line)))
  return refs.some((ref) => ref === null) ? null : (refs as SaidRef[])
}

function pushed(line: string): SaidRef | null {
  const words = line.split(' ')
  if (words.length < 4) return null
  const [newOid, ref, oldOid] = words.slice(-3) as [string, string, string]
  return isOid(newOid) && isOid(oldOid) && ref !== '' ? { newOid, oldOid } : null
}

function received(line: string): SaidRef | null {
  const [oldOid = '', newOid = '', ref = '', ...more] = line.split(' ')
  const whole = more.length === 0 && ref !== '' && !ref.includes('\0')
  return whole && isOid(oldOid) && isOid(newOid) ? { newOid, oldOid } : null
}

function isOid(text: string): boolean {
  return (text.length === 40 || text.length === 64) && [...text].every((c) => '0123456789abcdef'.includes(c))
}

const ref = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom('refs/heads/main', 'refs/tags/v1', 'refs/x/\xc3\xa9', '(delete)') },
  {
    weight: 1,
    arbitrary: fc.constantFrom('HEAD~1', 'a b', '', 'r\0', 'r\r', '-x', '\x1b[2J', ':/fix all bugs'),
  },
  { weight: 1, arbitrary: anyBytes(12) },
)

const PIECES = [
  '\n',
  ' ',
  '\0',
  '\r\n',
  '\r',
  '0',
  'g',
  'A',
  '\t',
  '\n\n',
  ' refs/heads/x ',
  'x'.repeat(5_000),
]

/** Input of a hook, as latin1, that is about these objects. */
export function someHookInput(oids: fc.Arbitrary<string>, hook: 'pre-push' | 'pre-receive') {
  const line = fc
    .tuple(ref, oids, ref, oids)
    .map(([local, one, remote, other]) =>
      hook === 'pre-push' ? `${local} ${one} ${remote} ${other}` : `${one} ${other} ${remote}`,
    )
  const lines = fc
    .tuple(
      fc.array(line, { minLength: 1, maxLength: 4 }),
      fc.constantFrom('\n', '\n', '\n', '\r\n'),
      fc.boolean(),
    )
    .map(([all, end, last]) => `${all.join(end)}${last ? '\n' : ''}`)
  return fc.oneof(
    { weight: 3, arbitrary: lines },
    { weight: 2, arbitrary: mutated(lines, PIECES) },
    { weight: 1, arbitrary: anyBytes(200) },
  )
}
