import { closeSync, constants, openSync, writeSync } from 'node:fs'
import { ReadStream } from 'node:tty'
import { inBackground } from './in-background.ts'
import { PassphraseLine } from './passphrase-line.ts'

const SIGNALS = ['SIGTERM', 'SIGHUP', 'SIGINT'] as const

let queue: Promise<unknown> = Promise.resolve()

/** `secret`: without echo; `public`: with it; `message`: nothing is asked, only a line is shown. */
type Kind = 'secret' | 'public' | 'message'

/**
 * Asks for a passphrase, or another line, on the controlling terminal; stdin and stdout, which may be git's, are left
 * alone. Questions wait for each other. Ctrl-C ends the command as it does everywhere.
 * @param prompt printed as it is, but for control characters; ends with `: ` by custom
 * @returns null where nobody can be asked: no terminal, in the background, or an empty line ended by Ctrl-D; an empty
 *   text where a message was shown
 */
export function askPassphrase(prompt: string, kind: Kind = 'secret'): Promise<string | null> {
  const answer = queue.then(() => askNow(prompt.replace(/\p{C}/gu, '?'), kind))
  queue = answer.catch(() => {})
  return answer
}

/** Whether {@link askPassphrase} has somebody to ask. */
export function canAsk(): boolean {
  const output = inBackground() ? null : openOutput()
  if (output !== null) closeSync(output)
  return output !== null
}

function openOutput(): number | null {
  try {
    return openSync('/dev/tty', constants.O_WRONLY | constants.O_NOCTTY)
  } catch {
    return null
  }
}

async function askNow(prompt: string, kind: Kind): Promise<string | null> {
  if (inBackground()) return null
  const output = openOutput()
  if (output === null) return null
  if (kind === 'message') return show(prompt, output)
  let input: ReadStream
  try {
    input = new ReadStream(openSync('/dev/tty', constants.O_RDWR | constants.O_NOCTTY))
  } catch {
    closeSync(output)
    return null
  }
  try {
    const { text, interrupted } = await readLine(input, output, prompt, kind === 'secret')
    if (kind === 'secret') writeSync(output, '\n')
    // In raw mode the terminal does not send it; everything in the foreground is to get it, git too.
    if (interrupted) process.kill(0, 'SIGINT')
    return text
  } catch {
    return null
  } finally {
    input.destroy()
    closeSync(output)
  }
}

function show(line: string, output: number): string | null {
  try {
    writeSync(output, `${line}\n`)
    return ''
  } catch {
    return null
  } finally {
    closeSync(output)
  }
}

interface Answer {
  readonly text: string | null
  readonly interrupted: boolean
}

/** @param raw without echo; else the terminal itself echoes, edits, and tells of Ctrl-C */
function readLine(input: ReadStream, output: number, prompt: string, raw: boolean): Promise<Answer> {
  return new Promise((resolve) => {
    const line = new PassphraseLine()
    const finish = (text: string | null, interrupted = false) => {
      for (const [signal, handler] of handlers) process.removeListener(signal, handler)
      input.removeAllListeners('data')
      if (raw && !input.destroyed) input.setRawMode(false)
      input.pause()
      line.wipe()
      resolve({ text, interrupted })
    }
    // A signal must not leave the terminal without echo.
    const handlers = SIGNALS.map((signal) => {
      const handler = () => {
        finish(null)
        if (process.listenerCount(signal) === 0) process.kill(process.pid, signal)
      }
      return [signal, handler] as const
    })
    for (const [signal, handler] of handlers) process.on(signal, handler)
    input.on('data', (chunk: Buffer) => {
      const event = line.type(chunk)
      chunk.fill(0)
      if (event === 'full') writeSync(output, '\x07')
      else if (event === 'done') finish(line.text())
      else if (event === 'interrupt') finish(null, true)
      else if (event === 'end') finish(null)
    })
    input.on('end', () => finish(null))
    input.on('error', () => finish(null))
    // Before the prompt: nothing typed after it is echoed.
    if (raw) input.setRawMode(true)
    writeSync(output, prompt)
  })
}
