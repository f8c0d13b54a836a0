import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { checkRange } from '../../../src/guard/check.ts'
import { ATTRIBUTES, brief, type Content, GuardRepo, policyText, sealed } from '../guard-repo.ts'

const HERE = dirname(fileURLToPath(import.meta.url))
const RULES = [
  'plaintext-blob',
  'protection-dropped',
  'stale-recipients',
  'no-digest',
  'unfiltered-path',
  'symlink',
  'submodule',
  'policy',
  'nix-inline-secret',
  'nix-plaintext-file',
  'nix-eval-read',
  'nix-eval-command',
  'nix-unreadable',
]

/** What a fixture's content stands for. */
async function contentOf(text: string): Promise<Content> {
  const [line = '', ...rest] = text.split('\n')
  const [, directive, argument = ''] = /^@([\w-]+) ?(.*)$/.exec(line) ?? []
  switch (directive) {
    case undefined:
      return text
    case 'policy':
      return `${policyText()}${rest.join('\n')}`
    case 'sealed':
      return sealed(`${argument}\n`)
    case 'sealed-for': {
      const [name = '', ...words] = argument.split(' ')
      return sealed(`${words.join(' ')}\n`, policyText([name]))
    }
    case 'foreign':
      return sealed(`${argument}\n`, policyText(), true)
    case 'armored': {
      const lines = (await sealed(`${argument}\n`)).toString('base64').match(/.{1,64}/g) ?? []
      return ['-----BEGIN AGE ENCRYPTED FILE-----', ...lines, '-----END AGE ENCRYPTED FILE-----', ''].join(
        '\n',
      )
    }
    case 'cut':
      return (await sealed(argument)).subarray(0, -40)
    case 'appended':
      // As `echo secret >>file` on a locked one.
      return Buffer.concat([await sealed(argument), Buffer.from(`${argument}, appended as it is\n`)])
    case 'crlf':
      return Buffer.from((await sealed(argument)).toString('latin1').replaceAll('\n', '\r\n'), 'latin1')
    case 'empty':
      return ''
    case 'gone':
      return null
    case 'symlink':
      return { mode: '120000', oid: argument }
    case 'submodule':
      return { mode: '160000', oid: '1'.repeat(40) }
    default:
      throw new Error(`unknown directive ${line}`)
  }
}

/** Makes the history. @returns the commits, first to last */
async function build(repo: GuardRepo, text: string): Promise<string[]> {
  const commits: string[] = []
  for (const [i, part] of text.split(/^commit\n/m).entries()) {
    const files: Record<string, Content> =
      i === 0 ? { '.gitattributes': ATTRIBUTES, 'nixsecret.toml': policyText() } : {}
    for (const section of part.split(/^== /m).slice(1)) {
      const end = section.indexOf('\n')
      const content = await contentOf(section.slice(end + 1))
      const isLink =
        content !== null && typeof content === 'object' && 'mode' in content && content.mode === '120000'
      files[section.slice(0, end)] = isLink ? { mode: '120000', oid: repo.blob(content.oid) } : content
    }
    const kept = Object.entries(files).filter(([, content]) => i > 0 || content !== null)
    commits.push(repo.commit(Object.fromEntries(kept)))
  }
  return commits
}

for (const rule of RULES) {
  const names = readdirSync(join(HERE, rule)).sort()

  test(`${rule} has fixtures of both kinds`, () => {
    for (const kind of ['ok.', 'ng.'])
      assert.ok(
        names.some((name) => name.startsWith(kind)),
        kind,
      )
  })

  for (const name of names) {
    test(`${rule}: ${name}`, async () => {
      const text = readFileSync(join(HERE, rule, name), 'utf8')
      const expected = [...text.matchAll(/^finds: (\S+) (\S+) (\d+)$/gm)]
      assert.is(expected.length > 0, name.startsWith('ng.'))
      const repo = new GuardRepo()
      const commits = await build(repo, text)
      const found = await checkRange(await repo.open(), `${'0'.repeat(40)}..HEAD`, repo.options)
      const findings = found.findings.filter((finding) => finding.rule === rule)
      const numbered = Object.fromEntries(commits.map((oid, i) => [String(i), oid]))
      assert.equal(
        brief({ ...found, findings }, numbered),
        expected.map(([, severity, path, number]) => `${severity} ${rule} ${path} ${number}`).sort(),
      )
      for (const { message, hint } of findings) {
        assert.not.match(`${message}${hint}`, 'correct horse')
        assert.match(hint, /\S/)
      }
    })
  }
}

test.run()
