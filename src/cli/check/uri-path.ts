import { type BytePath, pathBytes } from '../../byte-path.ts'

/**
 * A path as a relative reference of RFC 3986: every byte that is not unreserved is percent-encoded, so that what is no
 * UTF-8, a line feed, `%`, `#`, `?` or a colon in the first part stands for itself.
 */
export function uriPath(path: BytePath): string {
  let uri = ''
  for (const byte of pathBytes(path)) {
    const char = String.fromCharCode(byte)
    uri += /[\w.~/-]/.test(char) ? char : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`
  }
  return uri
}
