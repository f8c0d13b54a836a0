import { lstatSync, type Stats } from 'node:fs'
import { join } from 'node:path'
import { shellWord } from '../age/shell-word.ts'
import { displayText } from '../byte-path.ts'
import { NixsecretError } from '../errors.ts'
import { compilePattern } from '../policy/match-path.ts'

/**
 * What `--path` means, as patterns of `.gitattributes`. What git would read otherwise than it looks is refused. A
 * directory becomes everything below it; a plain path at which there is nothing yet may become either, so both count.
 * @throws NixsecretError `usage`, with the right form where there is one
 */
export function patternsOf(text: string, workTree: string): string[] {
  if (text === '' || /[\0\n\r]/.test(text)) throw new NixsecretError('usage', '--path needs a pattern')
  refuseForeign(text, workTree)
  const bare = text.replace(/\/+$/, '')
  const pattern = bare === text || bare === '' ? text : `${bare}/**`
  if (/(^|\/)\.gitattributes$|^\/?nixsecret\.toml$/.test(pattern)) {
    throw new NixsecretError('usage', `${displayText(text)} is never encrypted: git and we must read it`)
  }
  try {
    compilePattern(pattern)
  } catch (fault) {
    if (!(fault instanceof NixsecretError)) throw fault
    throw new NixsecretError('usage', `--path: ${fault.message}`, { hints: braceHint(pattern) })
  }
  if (/[*?[\\]/.test(pattern)) return [pattern]
  const found = lookAt(join(workTree, pattern))
  if (found?.isDirectory()) return [`${pattern}/**`]
  return found === undefined ? [pattern, `${pattern}/**`] : [pattern]
}

function refuseForeign(text: string, workTree: string): void {
  if (text.startsWith('!')) {
    throw new NixsecretError(
      'usage',
      'git has no patterns with ! in .gitattributes; name what is to be encrypted',
    )
  }
  if (text.startsWith('./')) {
    const plain = text.replace(/^(\.\/+)+/, '')
    const hints = plain === '' ? [] : [again(plain)]
    throw new NixsecretError('usage', '--path: git matches no pattern that begins with "./"', { hints })
  }
  if (text === workTree || text.startsWith(`${workTree}/`)) {
    const below = text.slice(workTree.length + 1)
    throw new NixsecretError('usage', '--path: a pattern counts from the top of the repository', {
      hints: [again(below === '' ? '/**' : below)],
    })
  }
  if (!text.startsWith('/') || /[*?[\\]/.test(text) || text === '/') return
  if (lookAt(text) !== undefined && lookAt(join(workTree, text)) === undefined) {
    throw new NixsecretError('usage', `--path: ${displayText(text)} is outside of this repository`)
  }
}

function lookAt(file: string): Stats | undefined {
  try {
    return lstatSync(file)
  } catch {
    return undefined
  }
}

/** A single group of braces, written as git wants it. */
function braceHint(pattern: string): string[] {
  const [, before = '', cases, after = ''] = /^([^{}]*)\{([^{}]+)\}([^{}]*)$/.exec(pattern) ?? []
  if (cases === undefined) return []
  const words = cases.split(',').map((one) => `--path ${shellWord(before + one + after)}`)
  return [`git nixsecret init ${words.join(' ')}`]
}

function again(pattern: string): string {
  return `git nixsecret init --path ${shellWord(pattern)}`
}
