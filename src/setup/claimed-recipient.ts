import { parseRecipient } from '../age/recipient.ts'
import { readIdentityFile } from '../host/identity-files.ts'

/**
 * The public key that a comment in a file of private keys tells, as plugins of age write it there. It is only to be
 * shown, never to be encrypted to unasked: nobody vouches for a comment.
 */
export async function claimedRecipient(file: string, plugin: string): Promise<string | null> {
  const bytes = await readIdentityFile(file).catch(() => null)
  for (const [, key] of bytes?.toString('latin1').matchAll(/^#.*?\b(age1[!-~]+)\s*$/gm) ?? []) {
    try {
      const recipient = parseRecipient(key as string)
      if (recipient.type === 'plugin' && recipient.name === plugin) return recipient.canonical
    } catch {}
  }
  return null
}
