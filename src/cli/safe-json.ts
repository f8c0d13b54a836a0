/**
 * JSON that means the same and can be shown on a terminal: control and format characters (bidi overrides, C1) of untrusted
 * names are written as escapes.
 * @param json as `JSON.stringify` makes it, whose own line breaks stay
 */
export function safeJson(json: string): string {
  return json.replace(/[\p{C}\p{Zl}\p{Zp}]/gu, (char) => (char === '\n' ? char : escaped(char)))
}

function escaped(char: string): string {
  return [...Array(char.length).keys()]
    .map((i) => `\\u${char.charCodeAt(i).toString(16).padStart(4, '0')}`)
    .join('')
}
