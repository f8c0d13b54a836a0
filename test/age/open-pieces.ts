import { type Header, parseHeader } from '../../src/age/header.ts'
import type { AgeIdentity } from '../../src/age/identity.ts'
import { unwrapFileKey } from '../../src/age/open.ts'
import { PayloadOpener } from '../../src/age/payload.ts'

/** What came of opening a file: everything that was released, and the fault that ended it. */
export interface Opened {
  readonly header: Header | null
  readonly fileKey: Buffer | null
  readonly plain: Buffer
  readonly error: Error | null
}

/** Opens a file as a stream would come, in pieces of so many bytes. */
export async function openPieces(
  file: Buffer,
  identities: readonly AgeIdentity[],
  step: number,
): Promise<Opened> {
  let header: Header | null = null
  let fileKey: Buffer | null = null
  const out: Buffer[] = []
  const result = (error: unknown) => ({
    header,
    fileKey,
    plain: Buffer.concat(out),
    error: error as Error | null,
  })
  try {
    for (let end = step; header === null; end += step)
      header = parseHeader(file.subarray(0, end), end >= file.length)
    fileKey = await unwrapFileKey(header, identities)
    if (fileKey === null) return result(null)
    const opener = new PayloadOpener(fileKey)
    for (let at = header.length; at < file.length; at += step) {
      const opened = opener.update(file.subarray(at, at + step))
      if (opened.length > 0) out.push(...opened)
    }
    out.push(...opener.final())
    return result(null)
  } catch (error) {
    return result(error)
  }
}
