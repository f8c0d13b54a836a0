/**
 * Breaks the sentences of findings (two spaces in front) for a narrow reader. Words stay whole, and so do hints
 * (four spaces), which are there to be pasted.
 * @param width in columns
 */
export function wrapLines(text: string, width: number): string {
  return text
    .split('\n')
    .map((line) => (/^ {2}[^ ]/.test(line) ? wrap(line, width) : line))
    .join('\n')
}

function wrap(line: string, width: number): string {
  const lines: string[] = []
  let current = ' '
  for (const word of line.slice(2).split(' ')) {
    if (current !== ' ' && current.length + 1 + word.length > width) {
      lines.push(current)
      current = ' '
    }
    current += ` ${word}`
  }
  return [...lines, current].join('\n')
}
