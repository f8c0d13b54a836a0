import { NixsecretError } from '../errors.ts'

/** Bounds of {@link fetchText}. */
export interface FetchBounds {
  /** Bytes. */
  readonly maxBytes?: number
  /** Milliseconds, for all of it. */
  readonly timeout?: number
  readonly maxRedirects?: number
}

/**
 * Gets a small text over HTTP. Redirects are followed on the same server (scheme, name and port) only.
 * @returns null where the server says that there is none (404)
 * @throws NixsecretError `io` for everything else that is not the text: too slow, too large, elsewhere, an error
 */
export async function fetchText(
  url: URL,
  { maxBytes = 1 << 18, timeout = 10_000, maxRedirects = 3 }: FetchBounds = {},
): Promise<string | null> {
  const { origin } = url
  const fault = (what: string, cause?: unknown) => new NixsecretError('io', `${origin}: ${what}`, { cause })
  const signal = AbortSignal.timeout(timeout)
  try {
    let at = url
    for (let redirects = 0; ; redirects++) {
      const headers = { accept: 'text/plain', 'user-agent': 'git-nixsecret' }
      const response = await fetch(at, { redirect: 'manual', signal, headers, credentials: 'omit' })
      const { status } = response
      if (status >= 300 && status < 400) {
        await response.body?.cancel()
        at = new URL(response.headers.get('location') ?? '', at)
        if (at.origin !== origin) throw fault('sends elsewhere, where we do not go')
        if (redirects === maxRedirects) throw fault('sends around in circles')
        continue
      }
      if (status !== 200) await response.body?.cancel()
      if (status === 404) return null
      if (status !== 200) throw fault(`answers with an error (HTTP ${status})`)
      const text = await readBounded(response, maxBytes)
      if (text === null) throw fault(`sends more than ${maxBytes >> 10} KiB`)
      return text
    }
  } catch (cause) {
    if (cause instanceof NixsecretError) throw cause
    if (signal.aborted) throw fault(`no answer within ${timeout / 1000} seconds`, cause)
    throw fault(`cannot be reached: ${reason(cause)}`, cause)
  }
}

/** @returns null where there is more */
async function readBounded(response: Response, maxBytes: number): Promise<string | null> {
  const pieces: Uint8Array[] = []
  let size = 0
  for await (const piece of response.body ?? []) {
    size += piece.length
    // Leaving the loop ends the connection.
    if (size > maxBytes) return null
    pieces.push(piece)
  }
  return Buffer.concat(pieces).toString('utf8')
}

function reason(cause: unknown): string {
  const inner = (cause as { cause?: { code?: unknown } } | null)?.cause?.code
  return typeof inner === 'string' && /^[A-Z0-9_]{1,60}$/.test(inner) ? inner : 'unknown error'
}
