import * as fs from 'node:fs'

const pause = new Int32Array(new SharedArrayBuffer(4))

/** Writes all bytes to a file descriptor before it returns, waiting where a pipe is full. */
export function writeAll(fd: number, bytes: Uint8Array): void {
  for (let at = 0; at < bytes.length; ) {
    try {
      at += fs.writeSync(fd, bytes, at)
    } catch (fault) {
      if ((fault as NodeJS.ErrnoException).code !== 'EAGAIN') throw fault
      Atomics.wait(pause, 0, 0, 1)
    }
  }
}
