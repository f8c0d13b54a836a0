import { NixsecretError } from '../errors.ts'
import { faultAt, type Slot, type SopsText } from './document.ts'
import type { OpenedDocument } from './open-document.ts'
import type { SopsSettings } from './sops-types.ts'

/** Whether settings are those of a new document, by which nothing is left as plaintext but what its own name says so of. */
export function isDefaultRule({ rule }: SopsSettings): boolean {
  return rule === null || (rule.name === 'unencrypted_suffix' && rule.value === '_unencrypted')
}

/**
 * Holds what is not encrypted against the document whose settings say so. The MAC of SOPS is over values, not over
 * settings: who can write to the repository, and read nothing, could have the next secret stored as plaintext.
 * @returns throws `refused` for a value, or a comment, that was not plaintext at its place before
 */
export function refuseNewlyOpen(base: OpenedDocument | null, whole: SopsText): (slot: Slot) => void {
  const settings = base?.metadata.settings
  if (base === null || settings === undefined || isDefaultRule(settings)) return () => {}
  const open = new Set(base.whole.slots.filter((_, i) => !base.isSealed[i]).map(placeOf))
  return (slot) => {
    if (open.has(placeOf(slot))) return
    const name = settings.rule?.name ?? ''
    const what = `something that the document's own setting ${name} would leave as plaintext: SOPS protects no settings, so anybody may have put it there`
    const { code, message } = faultAt('refused', whole.text, slot.start, what)
    throw new NixsecretError(code, message, {
      hints: [
        'git log -p -- PATH    # where that setting comes from',
        'git checkout REV -- PATH    # a version without it, to make the change in',
        'git nixsecret set --sealed PATH < FILE    # if it is right: FILE is what sops made',
      ],
    })
  }
}

/** Of a comment what it says, since that moves. */
function placeOf({ path, value }: Slot): string {
  return JSON.stringify(value.type === 'comment' ? ['#', value.data.toString('utf8')] : [...path])
}
