import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { policyFrom } from '../../src/blob/policy-from.ts'
import { attributesDifference } from '../../src/blob/trust/attributes/attributes-difference.ts'
import { lostProtection } from '../../src/blob/trust/attributes/lost-protection.ts'
import { refuseNewlyOpen } from '../../src/blob/trust/moved/newly-open.ts'
import { loadTrust, type TrustState } from '../../src/blob/trust/trust-state.ts'
import type { BytePath } from '../../src/byte-path.ts'
import { CatFile } from '../../src/git/cat-file.ts'
import { filterLines } from '../../src/git/filter-lines.ts'
import { RawClone } from './raw-clone.ts'

const lines = (text: string) => filterLines(Buffer.from(text), new Set(['shut']))

/** What a new text of the top `.gitattributes` gives, or one of another file, in short. */
function difference(before: string, after: string, file = '.gitattributes'): string[] {
  const had = new Map([['.gitattributes' as BytePath, lines(before).map(({ line }) => line)]])
  const now = new Map([['.gitattributes' as BytePath, lines(file === '.gitattributes' ? after : before)]])
  if (file !== '.gitattributes') now.set(file as BytePath, lines(after))
  return attributesDifference(had, now).map(
    ({ opens, gone, line }) => `${opens} ${gone ? '-' : '+'}${line.replaceAll('filter=nixsecret', 'f')}`,
  )
}

test('lines that lay open in the work tree what was sealed there', () => {
  const sealed =
    'secrets/** filter=nixsecret\nsecrets/root/** filter=nixsecret-sealed\n*.key filter=nixsecret-sealed\n'
  const opening: [line: string, opens: boolean][] = [
    ['secrets/root/** filter=nixsecret', true],
    ['/secrets/root/a filter=nixsecret', true],
    ['** filter=nixsecret', true],
    ['a filter=nixsecret', true],
    ['SECRETS/root/a filter=nixsecret', true],
    ['"secrets/x y" filter=nixsecret', true],
    ['secrets/[r]oot/a filter=nixsecret', true],
    ['secrets/db filter=nixsecret', false],
    ['secrets/db.key filter=nixsecret', true],
    ['other/**/*.pem filter=nixsecret', false],
    ['secrets/root/b filter=nixsecret-sealed', false],
    ['secrets/root/b filter=nixsecret-sealed filter=nixsecret', true],
  ]
  for (const [line, opens] of opening) {
    const text = line.replaceAll('filter=nixsecret', 'f')
    assert.equal(difference(sealed, `${sealed}${line}\n`), opens ? [`work tree +${text}`] : [], line)
    // What stands below has the last word.
    assert.equal(difference(sealed, `${line}\n${sealed}`), [], line)
  }
  assert.equal(difference('a filter=nixsecret-sealed\n', 'a filter=nixsecret\n'), [
    'work tree +a f',
    'git -a f-sealed',
  ])
  assert.equal(difference(sealed, 'a filter=nixsecret\n', 'secrets/root/.gitattributes'), ['work tree +a f'])
  assert.equal(difference(sealed, 'a filter=nixsecret\n', 'other/.gitattributes'), [])
  const macro = '[attr]shut filter=nixsecret-sealed\nsecrets/root/** shut\n'
  assert.equal(difference(macro, `${macro}secrets/root/a filter=nixsecret\n`), [
    'work tree +secrets/root/a f',
  ])
  assert.equal(difference('a filter=nixsecret\n', 'a filter=nixsecret\nb filter=nixsecret\n'), [])
})

test('the same line, as git leaves it out, and the same macro once more in quotes', () => {
  const sealed = 'secrets/** filter=nixsecret\nsecrets/root/** filter=nixsecret-sealed\n'
  const long = sealed.replace('** filter=nixsecret-sealed', `**${' '.repeat(2100)}filter=nixsecret-sealed`)
  assert.equal(
    difference(sealed, long).map((line) => line.replace(/ +/g, ' ')),
    ['git +secrets/root/** f-sealed', 'git -secrets/root/** f-sealed'],
  )
  assert.equal(difference(long, long), [])
  assert.equal(difference(sealed, `\ufeff${sealed}`).length, 2)
  const macro = '[attr]shut filter=nixsecret-sealed\nsecrets/root/** shut\n'
  for (const name of ['"[attr]shut"', '"\\133attr]shut"'])
    assert.equal(difference(macro, `${macro}${name} diff=x\n`), [`git +${name} diff=x`])
})

test('files that were sealed in the work tree: told with the line, and no plaintext for the store', async () => {
  const rules = '[[rule]]\npaths = ["/secrets/root/**"]\nstore = "plaintext"\n'
  const attributes = 'secrets/** filter=nixsecret\nsecrets/root/** filter=nixsecret-sealed\n'
  const clone = await RawClone.begin(rules, attributes)
  const path = 'secrets/root/key'
  await clone.commit({ [path]: await clone.sealed('key'), 'secrets/db': await clone.sealed('db') })
  await clone.accept()
  await clone.commit({ '.gitattributes': `${attributes}*key filter=nixsecret\n` })
  await clone.observe()
  assert.equal(await clone.short(), [`work tree +*key filter=nixsecret [${path}]`])
  const git = { cwd: clone.dir }
  const catFile = new CatFile(git)
  const policy = policyFrom(readFileSync(join(clone.dir, 'nixsecret.toml'), 'utf8'))
  const refuse = async () =>
    refuseNewlyOpen([path as BytePath], null, policy, { catFile, git, repo: await clone.repo() })
  const message = await refuse().then(
    () => 'not refused',
    (fault: Error) => fault.message,
  )
  assert.match(message, 'filter=nixsecret-sealed')
  // Whatever the lines look like, what git makes of them counts; not what is set on this machine alone.
  await clone.commit({ '.gitattributes': attributes })
  const repo = await clone.repo()
  const state = loadTrust(repo).state as TrustState
  const lines = new Map([['.gitattributes' as BytePath, filterLines(Buffer.from(attributes), new Set())]])
  const opened = async (content: string) => {
    const attributeFiles = new Map([['.gitattributes' as BytePath, Buffer.from(content)]])
    const drivers = new Map([[path as BytePath, 'nixsecret' as const]])
    const now = { attributes: lines, attributeFiles, tracked: new Set([path as BytePath]), drivers }
    return (await lostProtection(state, now)).opened
  }
  assert.equal(await opened('* filter=nixsecret\n'), [path])
  assert.equal(await opened(attributes), [])
  await clone.git('config', 'core.attributesFile', clone.box.write('mine', '*key !filter\n'))
  clone.box.write(join(clone.dir, '.git/info/attributes'), '*key filter=nixsecret\n')
  assert.equal(await clone.short(), [])
  clone.box.write(join(clone.dir, '.git/info/attributes'), '')
  await clone.commit({ '.gitattributes': `${attributes}*key filter=nixsecret\n` })
  await clone.accept()
  assert.equal(await clone.short(), [])
  await refuse()
  catFile.close()
})

test.run()
