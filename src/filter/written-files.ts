import { lstatSync } from 'node:fs'
import { workFilePath } from '../blob/work-file.ts'
import type { BytePath } from '../byte-path.ts'

/** Milliseconds by which times of files may lag behind the clock. */
const LAG = 50

interface Answer {
  readonly oid: string
  /** When it was given. */
  readonly since: number
}

/**
 * Finds out which of the contents that smudge gave git wrote to the work tree: a diff asks for contents as well, and puts
 * them in temporary files.
 */
export class WrittenFiles {
  readonly #answers = new Map<BytePath, Answer[]>()

  /** @param oid of the blob whose content git is given for a path */
  add(path: BytePath, oid: string): void {
    const answers = this.#answers.get(path) ?? []
    answers.push({ oid, since: Date.now() })
    this.#answers.set(path, answers)
  }

  /**
   * The blob that each file was last written from; to be asked once git has written them.
   * @param top of the work tree
   */
  *written(top: string): Generator<[BytePath, string]> {
    for (const [path, answers] of this.#answers) {
      let time = 0
      try {
        time = lstatSync(workFilePath(top, path)).mtimeMs + LAG
      } catch {
        // Written nowhere, or gone again.
      }
      const last = answers.findLast(({ since }) => since <= time)
      if (last !== undefined) yield [path, last.oid]
    }
  }
}
