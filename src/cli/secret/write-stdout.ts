import { NixsecretError } from '../../errors.ts'

/**
 * Writes bytes to stdout, no faster than they are read there. A reader that has had enough (`| head`) is no fault.
 * @throws NixsecretError `io` where stdout can't be written, for instance on a full disk
 */
export async function writeStdout(pieces: AsyncIterable<Uint8Array> | Iterable<Uint8Array>): Promise<void> {
  let fault: NodeJS.ErrnoException | null = null
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    fault ??= error
  })
  for await (const piece of pieces) {
    if (fault !== null) break
    await new Promise<void>((resolve) => {
      process.stdout.write(piece, () => resolve())
    })
  }
  const code = (fault as NodeJS.ErrnoException | null)?.code
  if (code !== undefined && code !== 'EPIPE') {
    throw new NixsecretError('io', `cannot write to standard output: ${code}`, { cause: fault })
  }
}
