import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { test } from 'uvu'
import * as assert from 'uvu/assert'

const TOP = fileURLToPath(new URL('../../', import.meta.url))
const PAGES = [
  ...readdirSync(TOP).filter((name) => name.endsWith('.md')),
  ...readdirSync(join(TOP, 'docs'), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.md'))
    .map((name) => join('docs', name)),
]
const FENCE = /^ *```(\w*)\n([\s\S]*?)^ *```/gm

const read = (page: string): string => readFileSync(join(TOP, page), 'utf8')
const prose = (text: string): string => text.replace(FENCE, '')

/** Headings as GitHub makes anchors of them. */
function anchors(page: string): string[] {
  return [...prose(read(page)).matchAll(/^#+ (.*)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replace(/[^\p{L}\p{N}_\- ]/gu, '')
      .replaceAll(' ', '-'),
  )
}

test('links within the documents lead somewhere', () => {
  const broken = PAGES.flatMap((page) =>
    [...prose(read(page)).matchAll(/\]\(([^)\s]+)\)/g)].flatMap(([, link = '']) => {
      if (/^[a-z]+:/.test(link)) return []
      const [file = '', anchor] = link.split('#')
      const target = file === '' ? page : join(dirname(page), file)
      const there =
        existsSync(join(TOP, target)) &&
        (anchor === undefined || !target.endsWith('.md') || anchors(target).includes(anchor))
      return there ? [] : [`${page}: ${link}`]
    }),
  )
  assert.equal(broken, [])
})

/** Calls of ours in the shell examples of a page: the command, and its words up to the end or an operator. */
function calls(page: string): { command: string; words: string[] }[] {
  return [...read(page).matchAll(FENCE)]
    .filter(([, language]) => language === 'sh')
    .flatMap(([, , script = '']) => [
      ...script.replaceAll('\\\n', ' ').matchAll(/\bgit[ -]nixsecret ([a-z][\w-]*)([^|&;#)\n]*)/g),
    ])
    .map(([, command = '', rest = '']) => ({ command, words: rest.split(' ').filter(Boolean) }))
}

/** What a command says of itself, and where `import` hands on to a scheme, what that says. */
async function helpOf(command: string, words: readonly string[]): Promise<string | null> {
  const files = [`${command}.ts`, `${command}/${words.find((word) => !word.startsWith('-'))}.ts`]
  let help = ''
  for (const file of files.map((name) => join(TOP, 'src/cli', name)).filter((path) => existsSync(path))) {
    const module = (await import(file)) as { help?: string; run?: unknown }
    if (typeof module.run === 'function') help += module.help ?? ''
  }
  return help === '' ? null : help
}

test('examples name commands and options that there are', async () => {
  const wrong: string[] = []
  let count = 0
  for (const page of PAGES)
    for (const { command, words } of calls(page)) {
      count++
      const help = await helpOf(command, words)
      // What stands behind `sealed` is the command that it runs.
      const end = words.findIndex((word) => word === '--' || (command === 'sealed' && !word.startsWith('-')))
      const options = (end === -1 ? words : words.slice(0, end)).flatMap(
        (word) => /^--[a-z][\w-]*/.exec(word) ?? [],
      )
      if (help === null) wrong.push(`${page}: ${command}`)
      else
        wrong.push(
          ...options.filter((name) => !help.includes(name)).map((name) => `${page}: ${command} ${name}`),
        )
    }
  assert.equal(wrong, [])
  assert.ok(count > 50, `${count} examples`)
})

test('every page on a scheme is in the table of them', () => {
  const index = read('docs/schemes/README.md')
  for (const page of readdirSync(join(TOP, 'docs/schemes')).filter((name) => name !== 'README.md'))
    assert.ok(index.includes(`](${page})`), page)
})

test.run()
