import { createInterface } from 'node:readline'

/**
 * Asks on the terminal for something that is no secret.
 * @returns null where there is no terminal, or the user ended it with Ctrl-D
 */
export async function askLine(question: string): Promise<string | null> {
  if (!canAsk()) return null
  // The terminal itself edits the line and knows Ctrl-C.
  const lines = createInterface({ input: process.stdin, output: process.stderr, terminal: false })
  try {
    return await new Promise((resolve) => {
      lines.question(question, resolve)
      lines.once('close', () => resolve(null))
    })
  } finally {
    lines.close()
  }
}

/** Whether there is somebody to ask. */
export function canAsk(): boolean {
  return process.stdin.isTTY === true && process.stderr.isTTY === true
}
