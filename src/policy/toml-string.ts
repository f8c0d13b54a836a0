/** A text as a basic string of TOML, in double quotes. */
export function tomlString(text: string): string {
  // JSON's escapes are TOML's too; DEL is the one character that JSON leaves and TOML wants escaped.
  return JSON.stringify(text).replace(/\x7f/g, '\\u007f')
}
