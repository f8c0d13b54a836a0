import type { BytePath } from '../../../byte-path.ts'
import { NixsecretError } from '../../../errors.ts'
import { filterWords, isMacro, patternOf } from '../../../git/filter-lines.ts'
import { PatternRelations } from '../../../policy/relate-patterns.ts'

const OPEN = 'filter=nixsecret'
const SEALED = 'filter=nixsecret-sealed'

/** Whether a line says that files lie open in the work tree. */
export function laysOpen(line: string): boolean {
  return filterWords(line).includes(OPEN)
}

/** A line that keeps files sealed in the work tree, and where it stands. */
interface Sealed {
  readonly file: BytePath
  readonly at: number
  /** From the top of the work tree; null where it can't be told what it names. */
  readonly pattern: string | null
}

/** The lines of `.gitattributes` files by which files stay ciphertext in the work tree (`filter=nixsecret-sealed`). */
export class SealedLines {
  readonly #lines: Sealed[] = []
  readonly #relations: PatternRelations

  /** @param attributes of each file its lines that bear on `filter` */
  constructor(attributes: ReadonlyMap<BytePath, readonly string[]>, relations = new PatternRelations()) {
    this.#relations = relations
    const all = [...attributes.values()].flat()
    const byMacro = all.some((line) => isMacro(line) && line.includes(SEALED))
    for (const [file, lines] of attributes) {
      for (const [at, line] of lines.entries()) {
        const words = filterWords(line)
        if (!isMacro(line) && (words.includes(SEALED) || (byMacro && words.length === 0)))
          this.#lines.push({ file, at, pattern: fromTop(line, file) })
      }
    }
  }

  /** Whether there are any. */
  get any(): boolean {
    return this.#lines.length > 0
  }

  /**
   * Whether a new line may have the last word about a file that one of them keeps sealed.
   * @param file where it stands
   * @param below lines of the same file that stand below it
   */
  meets(line: string, file: BytePath, below: { readonly from: number; readonly to: number }): boolean {
    const pattern = fromTop(line, file)
    return this.#lines.some((sealed) => {
      // A file further down overrules one further up.
      if (sealed.file !== file && !directoryOf(file).startsWith(directoryOf(sealed.file))) return false
      if (sealed.file === file && sealed.at >= below.from && sealed.at < below.to) return false
      return pattern === null || sealed.pattern === null || !this.#disjoint(pattern, sealed.pattern)
    })
  }

  #disjoint(one: string, other: string): boolean {
    try {
      return !this.#relations.spent && this.#relations.disjoint(one, other)
    } catch (fault) {
      // Nothing that a policy could say: it may be anything.
      if (fault instanceof NixsecretError) return false
      throw fault
    }
  }
}

/** A pattern as the policy would write it; null for what can't be held against others. */
function fromTop(line: string, file: BytePath): string | null {
  const pattern = patternOf(line)
  const dir = directoryOf(file)
  // Quotes, sets and bytes beyond ASCII: what they mean depends on more than how they look.
  if (!/^[\x20-\x7e]+$/.test(pattern + dir) || /["[\]\\]/.test(pattern) || /[*?[\]\\]/.test(dir)) return null
  // To git on some machines case makes no difference.
  const plain = pattern.toLowerCase()
  if (dir === '') return plain
  return plain.includes('/')
    ? `/${dir}${plain.replace(/^\//, '')}`.toLowerCase()
    : `/${dir}**/${plain}`.toLowerCase()
}

/** With a slash at its end; empty for the top. */
function directoryOf(file: string): string {
  return file.slice(0, file.lastIndexOf('/') + 1)
}
