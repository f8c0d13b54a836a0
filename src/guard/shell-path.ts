import { type BytePath, pathBytes } from '../byte-path.ts'

/** A path as one word of a shell's command line that names just this path: nothing in it is a pattern or an option. */
export function shellPath(path: BytePath): string {
  const bytes = pathBytes(path)
  const text = bytes.toString('utf8')
  if (/^[\w./@%+=,][\w./@%+=,-]*$/.test(text)) return text
  const faithful = Buffer.from(text, 'utf8').equals(bytes)
  if (faithful && !/[\p{C}\p{Zl}\p{Zp}]/u.test(text)) return `'${text.replaceAll("'", "'\\''")}'`
  // $'…' of POSIX 2024, which bash, zsh and ksh have had for long.
  let out = ''
  for (const byte of bytes) {
    const char = String.fromCharCode(byte)
    out += /[\w./@%+=,: -]/.test(char) ? char : `\\${byte.toString(8).padStart(3, '0')}`
  }
  return `$'${out}'`
}

/** The same for git, which would take `*`, `?`, `[` and a leading `:` of a path as a pattern. */
export function gitPath(path: BytePath): string {
  return shellPath(/[*?[\\]|^:/.test(path) ? (`:(literal)${path}` as BytePath) : path)
}
