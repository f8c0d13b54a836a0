import type { AskKind } from '../age/ask-passphrase.ts'

/** Asks on the terminal, loading what that takes only then; null where there is none. See `AskPassphrase`. */
export async function askOnTerminal(prompt: string, kind: AskKind = 'secret'): Promise<string | null> {
  const { askPassphrase } = await import('../host/ask-passphrase.ts')
  return askPassphrase(kind === 'message' ? prompt : `${prompt}: `, kind)
}
