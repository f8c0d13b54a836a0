/** A name as one word of a POSIX shell command, for hints to paste. */
export function shellWord(name: string): string {
  return /^[\w/.@%+=:,-]+$/.test(name) && !name.startsWith('-') ? name : `'${name.replaceAll("'", "'\\''")}'`
}
