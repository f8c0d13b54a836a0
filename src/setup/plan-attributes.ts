import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { shellWord } from '../age/shell-word.ts'
import { NixsecretError } from '../errors.ts'
import { attributesLines, DEFAULT_PATH } from '../git/attributes-lines.ts'
import { patternsOf } from './path-option.ts'

/** What `.gitattributes` is to be, and the lines of it that are new. */
export interface AttributesPlan {
  readonly text: string
  readonly added: readonly string[]
}

/**
 * Plans the top `.gitattributes`: the lines of `--path`, or, in a repository without a policy, of what is protected by
 * default. What is there stays; only `--sealed` turns the line of a pattern that it names into its sealed form.
 * @param fresh whether there is no policy yet
 * @throws NixsecretError `usage` for `--sealed` that names nothing, where files are there that it may mean
 */
export function planAttributes(
  workTree: string,
  { paths, sealed }: { readonly paths: readonly string[]; readonly sealed: boolean },
  fresh: boolean,
): AttributesPlan {
  const before = textOf(join(workTree, '.gitattributes'))
  if (sealed && !fresh && paths.length === 0) refuseVague(before)
  const globs = paths.length > 0 || !fresh ? paths : [DEFAULT_PATH]
  const lines = before === '' ? [] : before.replace(/\r?\n$/, '').split('\n')
  const added: string[] = []
  for (const pattern of globs.flatMap((glob) => patternsOf(glob, workTree)))
    added.push(...withPattern(lines, pattern, sealed))
  return { text: added.length === 0 ? before : `${lines.join('\n')}\n`, added }
}

/** Puts the lines of a pattern among others. @returns those that are new */
function withPattern(lines: string[], pattern: string, sealed: boolean): string[] {
  const [closed = '', ...except] = attributesLines(pattern, 'nixsecret-sealed')
  const [open = ''] = attributesLines(pattern, 'nixsecret')
  const at = lines.findIndex((line) => isSame(line, sealed ? closed : open) || isSame(line, closed))
  if (at === -1) {
    const other = lines.findIndex((line) => isSame(line, open))
    // In its place: the last line that matches counts, so at the end it would overrule exceptions.
    if (other !== -1) {
      lines[other] = closed
      return [closed]
    }
    const all = [sealed ? closed : open, ...except]
    lines.push(...all)
    return all
  }
  const missing = except.filter((line) => !lines.slice(at).some((found) => isSame(found, line)))
  lines.push(...missing)
  return missing
}

/** Whether two lines say the same, however their columns are aligned. */
function isSame(a: string, b: string): boolean {
  const words = (line: string) =>
    line.trim().replace(/("(?:[^"\\]|\\.)*")|\s+/g, (_, quoted) => quoted ?? ' ')
  return words(a) === words(b)
}

function refuseVague(text: string): void {
  const open = [
    ...text.matchAll(/^[ \t]*("(?:[^"\\\n]|\\.)*"|[^\s#"]\S*)[ \t](?:.*[ \t])?filter=nixsecret(?=\s|$)/gm),
  ]
  if (open.length === 0) return
  const words = open
    .slice(0, 8)
    .map(([, pattern = '']) => `--path ${shellWord(pattern.replace(/^"(.*)"$/, '$1'))}`)
  throw new NixsecretError(
    'usage',
    'this repository has its .gitattributes already, and --sealed alone does not say which files are to stay ciphertext',
    {
      hints: [
        'git nixsecret init    # sets this clone up, and changes none of them',
        `git nixsecret init --sealed ${words.join(' ')}`,
      ],
    },
  )
}

function textOf(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return ''
  }
}
