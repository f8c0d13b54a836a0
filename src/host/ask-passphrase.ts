import { closeSync, constants, openSync, writeSync } from 'node:fs'
import { ReadStream } from 'node:tty'
import { inBackground } from './in-background.ts'
import { PassphraseLine } from './passphrase-line.ts'

const SIGNALS = ['SIGTERM', 'SIGHUP', 'SIGINT'] as const

let queue: Promise<unknown> = Promise.resolve()

/**
 * Asks for a passphrase on the controlling terminal, without echo; stdin and stdout, which may be git's, are left
 * alone. Questions wait for each other. Ctrl-C ends the command as it does everywhere.
 * @param prompt printed as it is, but for control characters; ends with `: ` by custom
 * @returns null where nobody can be asked: no terminal, in the background, or an empty line ended by Ctrl-D
 */
export function askPassphrase(prompt: string): Promise<string | null> {
  const answer = queue.then(() => askNow(prompt))
  queue = answer.catch(() => {})
  return answer
}

async function askNow(prompt: string): Promise<string | null> {
  if (inBackground()) return null
  let output: number
  let input: ReadStream
  try {
    output = openSync('/dev/tty', constants.O_WRONLY | constants.O_NOCTTY)
  } catch {
    return null
  }
  try {
    input = new ReadStream(openSync('/dev/tty', constants.O_RDWR | constants.O_NOCTTY))
  } catch {
    closeSync(output)
    return null
  }
  try {
    const { text, interrupted } = await readLine(input, output, prompt.replace(/\p{C}/gu, '?'))
    writeSync(output, '\n')
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

interface Answer {
  readonly text: string | null
  readonly interrupted: boolean
}

function readLine(input: ReadStream, output: number, prompt: string): Promise<Answer> {
  return new Promise((resolve) => {
    const line = new PassphraseLine()
    const finish = (text: string | null, interrupted = false) => {
      for (const [signal, handler] of handlers) process.removeListener(signal, handler)
      input.removeAllListeners('data')
      if (!input.destroyed) input.setRawMode(false)
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
    input.setRawMode(true)
    writeSync(output, prompt)
  })
}
