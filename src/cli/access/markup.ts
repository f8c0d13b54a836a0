import { createHash } from 'node:crypto'
import { type BytePath, displayPath, displayText } from '../../byte-path.ts'

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}

/** Text for HTML and XML, between tags and in quoted attributes. What XML has no character for must not be in it. */
export function escapeMarkup(text: string): string {
  return text.replace(/[&<>"']/g, (char) => ENTITIES[char] as string)
}

/** An untrusted name, escaped: control and bidi characters are octal, so that it is XML, too, and can't deceive. */
export function nameMarkup(name: string): string {
  return escapeMarkup(displayText(name))
}

/** A path, likewise. */
export function pathMarkup(path: BytePath): string {
  return escapeMarkup(displayPath(path))
}

/** How a content security policy names an inline style or script (https://www.w3.org/TR/CSP3/#external-hash). */
export function sourceHash(text: string): string {
  return `'sha256-${createHash('sha256').update(text, 'utf8').digest('base64')}'`
}
