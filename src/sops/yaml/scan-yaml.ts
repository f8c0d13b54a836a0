import { Lexer } from 'yaml'
import { faultAt, MAX_TEXT } from '../document.ts'
import type { Note } from './levels.ts'

/** What the lexer puts between the parts of the text. */
const MARKS = new Set(['\u0002', '\u0018', '\u001f'])

/**
 * The comments of a YAML file, and where its `---` stand.
 * @throws NixsecretError for what different programs read differently, or SOPS would lose
 */
export function scanYaml(text: string): { notes: Note[]; separators: number[] } {
  if (text.length > MAX_TEXT) throw faultAt('refused', text, 0, 'YAML that is too large')
  const odd = /[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\x85\u2028\u2029\ufeff]|\r(?!\n)/.exec(text)
  if (odd !== null) throw faultAt('refused', text, odd.index, 'a character that YAML can only have escaped')
  const notes: Note[] = []
  const separators: number[] = []
  let at = 0
  let isContent = false
  for (const lexeme of new Lexer().lex(text)) {
    if (MARKS.has(lexeme)) {
      isContent = lexeme === '\u001f'
      continue
    }
    if (!isContent) {
      const line = text.lastIndexOf('\n', at - 1) + 1
      if (lexeme.startsWith('#'))
        notes.push({
          ...{ start: at + 1, end: at + lexeme.length, text: lexeme.slice(1) },
          ...{ column: at - line, inline: text.slice(line, at).trim() !== '' },
        })
      if (lexeme === '---') {
        // SOPS itself loses it.
        if (separators.length === 0 && notes.length > 0 && onlyNotes(text.slice(0, at)))
          throw faultAt('refused', text, 0, 'a comment before the first ---: put it behind')
        separators.push(at)
        if (/^---[ \t]*\S/.test(text.slice(at, at + 1024)))
          throw faultAt('refused', text, at, 'something behind ---: put it on a line of its own')
      }
      if (lexeme === '...' || lexeme.startsWith('%'))
        throw faultAt('refused', text, at, 'SOPS can not keep a directive or the end mark of a document')
    }
    isContent = false
    at += lexeme.length
  }
  return { notes, separators }
}

function onlyNotes(text: string): boolean {
  return text.split('\n').every((line) => line.trim() === '' || line.trimStart().startsWith('#'))
}
