import { driversOf } from '../../blob/protected-files.ts'
import { workFilePath } from '../../blob/work-file.ts'
import type { BytePath } from '../../byte-path.ts'
import { listIndex } from '../../git/list-index.ts'
import type { AuditContext } from './audit-context.ts'
import { FileScanner } from './file-scanner.ts'
import type { Plaintext, Secret } from './secret.ts'
import { tellingTexts } from './telling-texts.ts'

/** A line of a secret that also stands in a file that git has in plaintext. */
export interface PublicLine {
  readonly secret: Secret
  readonly line: number | null
  /** Where it stands. */
  readonly file: BytePath
  /** It is what must stay secret, and not just something that a secret file says as well. */
  readonly isSecret: boolean
}

/** Bytes of public files that are read at most. */
const MOST_BYTES = 256 << 20

/**
 * Which texts of secrets stand in tracked files that are not protected: these reach the store by themselves, and finding
 * them there would say nothing of the secret.
 */
export async function publicTexts(
  { git }: AuditContext,
  plaintexts: readonly Plaintext[],
): Promise<{ texts: Set<string>; lines: PublicLine[] }> {
  const asked = new Map<string, Omit<PublicLine, 'file'>>()
  for (const { secret, bytes } of plaintexts) {
    for (const { text, line, alone, isSecret } of tellingTexts(bytes).texts)
      if (!alone && !asked.get(text)?.isSecret) asked.set(text, { secret, line, isSecret })
  }
  const texts = new Set<string>()
  const lines: PublicLine[] = []
  if (asked.size === 0) return { texts, lines }
  const all = [...asked.keys()]
  const scanner = new FileScanner({
    needles: all.map((text) => Buffer.from(text, 'latin1')),
    wholes: [],
    paths: [],
  })
  const files = (await listIndex(git)).filter(({ mode }) => mode.startsWith('100')).map(({ path }) => path)
  const protectedOnes = await driversOf(files, git)
  for (const path of files) {
    if (protectedOnes.has(path) || scanner.bytes > MOST_BYTES) continue
    for (const number of needlesIn(scanner, workFilePath(git.cwd, path))) {
      const text = all[number] as string
      if (!texts.has(text)) lines.push({ ...(asked.get(text) as Omit<PublicLine, 'file'>), file: path })
      texts.add(text)
    }
  }
  return { texts, lines }
}

function needlesIn(scanner: FileScanner, file: Buffer): readonly number[] {
  try {
    return scanner.scan(file, 'all')?.needles ?? []
  } catch {
    // Not in the work tree, or not to be read: then nothing is left out for its sake.
    return []
  }
}
