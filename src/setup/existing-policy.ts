import { lstatSync } from 'node:fs'
import { join } from 'node:path'
import { parseRecipient } from '../age/recipient.ts'
import { PolicySource } from '../blob/load-policy.ts'
import { POLICY_FILE } from '../blob/policy-file-name.ts'
import { NixsecretError } from '../errors.ts'
import { CatFile } from '../git/cat-file.ts'
import { parseRecipientOption } from './name-recipient.ts'

/**
 * Where a policy is there already, `--recipient` may say only what it says.
 * @throws NixsecretError `usage` where it says more
 */
export async function refuseNewRecipients(workTree: string, options: readonly string[]): Promise<void> {
  if (options.length === 0) return
  const catFile = new CatFile({ cwd: workTree })
  try {
    const policy = await new PolicySource(workTree, catFile).current()
    const known = new Set(
      [...(policy?.recipients.values() ?? [])].map((key) => parseRecipient(key).canonical),
    )
    const keys = options.map((option) => parseRecipient(parseRecipientOption(option).key).canonical)
    if (keys.every((key) => known.has(key))) return
  } finally {
    catFile.close()
  }
  throw new NixsecretError('usage', `${POLICY_FILE} is there already: it says who can read`, {
    hints: ['git nixsecret recipient add NAME KEY'],
  })
}

/** Whether the work tree, the index or HEAD has a policy, sound or not. */
export async function hasPolicy(workTree: string): Promise<boolean> {
  if (lstatSync(join(workTree, POLICY_FILE), { throwIfNoEntry: false }) !== undefined) return true
  const catFile = new CatFile({ cwd: workTree })
  try {
    return ((await catFile.info(`:0:${POLICY_FILE}`)) ?? (await catFile.info(`HEAD:${POLICY_FILE}`))) !== null
  } finally {
    catFile.close()
  }
}
