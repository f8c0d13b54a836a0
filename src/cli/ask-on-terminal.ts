/** Asks for a passphrase on the terminal, loading what that takes only then; null where there is none. */
export async function askOnTerminal(prompt: string): Promise<string | null> {
  const { askPassphrase } = await import('../host/ask-passphrase.ts')
  return askPassphrase(prompt)
}
