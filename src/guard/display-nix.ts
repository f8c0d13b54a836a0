import { displayText } from '../byte-path.ts'

/** An option or expression of a Nix file, for people: as written, which may have quotes in it, unless it has controls. */
export function displayNix(text: string): string {
  return /^[ -~]+$/.test(text) ? text : displayText(Buffer.from(text, 'latin1'))
}
