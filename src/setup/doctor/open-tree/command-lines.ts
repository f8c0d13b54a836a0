/** A line of shell text in a file. */
export interface CommandLine {
  /** From 1. */
  readonly line: number
  readonly text: string
}

/** How a kind of file holds commands. */
export type Kind = 'shell' | 'make' | 'just' | 'yaml' | 'package.json'

const KEYS = /^(?:run|cmd|cmds|sh|script|scripts|command|commands|entry|exec|before_script|after_script)$/

/**
 * The lines of a file that a shell may be given. Comments stay in, for the shell's own rules to tell; what can only be
 * prose (names and descriptions of YAML) is left out.
 */
export function commandLines(kind: Kind, text: string): CommandLine[] {
  if (kind === 'package.json') return packageScripts(text)
  const found: CommandLine[] = []
  for (const { line, text: whole } of joined(text)) {
    const command = kind === 'yaml' ? yamlCommand(whole) : whole.replace(/^\s*[@+-]+(?=[\w./])/, '')
    if (command !== null) found.push({ line, text: command })
  }
  return found
}

/** A backslash at its end joins a line to the next; what is given to a command on its standard input is left out. */
function joined(text: string): CommandLine[] {
  const found: CommandLine[] = []
  let open: { line: number; text: string } | null = null
  let until: string | null = null
  for (const [at, raw] of text.split(/\r?\n/).entries()) {
    if (until !== null) {
      if (raw.trim() === until) until = null
      continue
    }
    const line: { line: number; text: string } = open ?? { line: at + 1, text: '' }
    const comment = /^\s*#/.test(raw)
    const goesOn = !comment && raw.endsWith('\\')
    line.text += goesOn ? `${raw.slice(0, -1)} ` : raw
    open = goesOn ? line : null
    if (open !== null) continue
    found.push(line)
    until = comment ? null : (/(?<!<)<<-?\s*\\?["']?([A-Za-z_]\w*)/.exec(line.text)?.[1] ?? null)
  }
  if (open !== null) found.push(open)
  return found
}

function yamlCommand(line: string): string | null {
  const item = line.replace(/^\s*(?:-\s+)*/, '')
  const [, key, value = ''] = /^["']?([\w.-]+)["']?:(?:\s+(.*))?$/.exec(item) ?? []
  if (key !== undefined && !KEYS.test(key)) return null
  const command = (key === undefined ? item : value).trim()
  const [, quoted] = /^(?:"((?:[^"\\]|\\.)*)"|'[^']*')$/.exec(command) ?? []
  if (quoted !== undefined) return quoted.replace(/\\(.)/g, '$1')
  if (/^'[^']*'$/.test(command)) return command.slice(1, -1)
  return command
}

function packageScripts(text: string): CommandLine[] {
  let scripts: unknown
  try {
    scripts = (JSON.parse(text) as { scripts?: unknown } | null)?.scripts
  } catch {
    return []
  }
  if (typeof scripts !== 'object' || scripts === null) return []
  const lines = text.split('\n')
  return Object.values(scripts).flatMap((script) => {
    if (typeof script !== 'string') return []
    const written = JSON.stringify(script)
    return [{ line: lines.findIndex((line) => line.includes(written)) + 1, text: script }]
  })
}
