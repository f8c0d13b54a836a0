import { readSync } from 'node:fs'

const pause = new Int32Array(new SharedArrayBuffer(4))
const PIECE = 1 << 17

/**
 * What comes through a file descriptor, until its end. Blocks: nobody waits for us but the one who writes, and a
 * blocking read costs a tenth of a turn of the event loop, which git's many small writes would cause.
 * Each piece is valid until the next one is asked for.
 */
export function* readPieces(fd: number): Generator<Buffer> {
  const buffer = Buffer.allocUnsafeSlow(PIECE)
  for (;;) {
    let length: number
    try {
      length = readSync(fd, buffer)
    } catch (fault) {
      const { code } = fault as NodeJS.ErrnoException
      if (code === 'EOF') return
      if (code !== 'EAGAIN') throw fault
      Atomics.wait(pause, 0, 0, 1)
      continue
    }
    if (length === 0) return
    yield buffer.subarray(0, length)
  }
}
