/** A word of a shell command: as it means, and as it stands there. */
export interface Word {
  readonly text: string
  readonly raw: string
}

/** A command with what stands before its program (`sudo -E`, `FOO=bar`, `exec`). */
export interface Command {
  readonly before: readonly Word[]
  readonly words: readonly Word[]
}

const KEYWORDS =
  /^(?:[{}!]|if|then|elif|else|while|until|do|time|exec|command|builtin|nohup|eval|shell|[A-Za-z_]\w*=.*)$/s
const AS_OTHERS = new Set(['sudo', 'doas', 'env', 'run0'])
const SHELLS = new Set(['sh', 'bash', 'zsh', 'dash'])

/**
 * The simple commands of a line of shell text, those in `$(…)`, in `"$(…)"` and in `sh -c '…'` too. It does as much of
 * the language as finding commands takes, and what it does not know it takes for words.
 */
export function shellCommands(line: string): Command[] {
  const scan = new Scan(line)
  scan.until(null)
  return scan.commands.flatMap((words) => {
    const command = withoutPrefix(words)
    const [program, ...rest] = command.words
    const at = SHELLS.has(program?.text ?? '') ? rest.findIndex(({ text }) => /^-\w*c$/.test(text)) : -1
    const script = at === -1 ? undefined : rest[at + 1]
    return script === undefined ? [command] : shellCommands(script.text)
  })
}

function withoutPrefix(words: readonly Word[]): Command {
  let at = 0
  while (at < words.length) {
    const { text } = words[at] as Word
    if (AS_OTHERS.has(text)) {
      at += 1
      // Options of sudo; those that take a word are few.
      while (/^-|^\w+=/.test(words[at]?.text ?? '')) at += /^-[ugCDhpRT]$/.test(words[at]?.text ?? '') ? 2 : 1
    } else if (KEYWORDS.test(text)) at += 1
    else break
  }
  return { before: words.slice(0, at), words: words.slice(at) }
}

// A line may be as long as a file, and is looked at anew at each character.
const MOST = 400

function all(parts: readonly Word[], of: keyof Word): string {
  return parts.map((part) => part[of]).join('')
}

class Scan {
  readonly commands: Word[][] = []
  readonly #line: string
  #at = 0

  constructor(line: string) {
    this.#line = line
  }

  /** @param close what ends it, if not the end of the line */
  until(close: ')' | '`' | null): void {
    let words: Word[] = []
    let parts: Word[] = []
    const endWord = () => {
      if (parts.length > 0) words.push({ text: all(parts, 'text'), raw: all(parts, 'raw') })
      parts = []
    }
    const endCommand = () => {
      endWord()
      if (words.length > 0) this.commands.push(words)
      words = []
    }
    while (this.#at < this.#line.length) {
      const char = this.#line[this.#at] as string
      if (char === close) break
      const redirection = parts.length === 0 ? this.#redirection() : 0
      if (redirection > 0) this.#at += redirection
      else if (/\s/.test(char)) this.#skip(endWord)
      else if (char === '#' && parts.length === 0) this.#at = this.#line.length
      else if (/[;&|()<>]/.test(char)) this.#skip(endCommand)
      else parts.push(this.#part())
    }
    this.#at += 1
    endCommand()
  }

  /** How long the redirection is that stands here, its file included; 0 where there is none. */
  #redirection(): number {
    const rest = this.#line.slice(this.#at, this.#at + MOST)
    return /^\d*[<>]+[&|]?\s*[^\s;&|()<>]*/.exec(rest)?.[0].length ?? 0
  }

  #skip(end: () => void): void {
    this.#at += 1
    end()
  }

  /** Some of a word: a quoted piece, a substitution, an escape or one character. */
  #part(): Word {
    const start = this.#at
    const rest = this.#line
    const char = rest[start] as string
    let text = char
    if (char === '\\') text = this.#take(rest[start + 1] ?? '', start + 2)
    else if (char === "'") {
      const end = rest.indexOf("'", start + 1)
      text = this.#take(
        rest.slice(start + 1, end === -1 ? undefined : end),
        end === -1 ? rest.length : end + 1,
      )
    } else if (char === '"') text = this.#doubleQuoted()
    else if (rest.startsWith('$(', start) || char === '`') text = this.#substitution()
    else {
      // Interpolations of shells, just, go-task and Actions.
      const hole = /^(?:\$?\{\{.*?\}\}|\$\{[^}]*\})/.exec(rest.slice(start, start + MOST))?.[0]
      text = this.#take(hole ?? char, start + (hole ?? char).length)
    }
    return { text, raw: rest.slice(start, this.#at) }
  }

  #take(text: string, next: number): string {
    this.#at = next
    return text
  }

  #substitution(): string {
    const start = this.#at
    const backtick = this.#line[start] === '`'
    this.#at += backtick ? 1 : 2
    this.until(backtick ? '`' : ')')
    return this.#line.slice(start, this.#at)
  }

  #doubleQuoted(): string {
    let text = ''
    this.#at += 1
    while (this.#at < this.#line.length && this.#line[this.#at] !== '"') {
      if (this.#line.startsWith('$(', this.#at) || this.#line[this.#at] === '`') text += this.#substitution()
      else {
        if (this.#line[this.#at] === '\\') this.#at += 1
        text += this.#line[this.#at] ?? ''
        this.#at += 1
      }
    }
    this.#at += 1
    return text
  }
}
