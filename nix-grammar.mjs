// Makes the parser's tables out of nix.grammar; with --check, only says whether they are up to date.
import { readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { buildParserFile } from '@lezer/generator'

const file = (name) => fileURLToPath(new URL(`src/nix/grammar/${name}`, import.meta.url))

const { parser, terms } = buildParserFile(readFileSync(file('nix.grammar'), 'utf8'), {
  fileName: 'nix.grammar',
  typeScript: true,
  includeNames: process.argv.includes('--names'),
  warn: (message) => {
    throw new Error(message)
  },
})

let stale = false
for (const [name, text] of [
  ['tables.gen.ts', parser],
  ['terms.gen.ts', terms],
]) {
  if (!process.argv.includes('--check')) writeFileSync(file(name), text)
  else if (readFileSync(file(name), 'utf8') !== text) {
    stale = true
    console.error(`${name} is not what nix.grammar makes; run: npm run grammar`)
  }
}
process.exitCode = stale ? 1 : 0
